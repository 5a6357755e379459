using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Reference;

/// <summary>Rate–distortion GPTQ of one row in plain double loops: every state of the trellis carries its whole row of targets.</summary>
internal static class ReferenceRounding
{
    private static readonly int[] s_four = [0, 2, 1, 3, 2, 0, 3, 1];
    private static readonly int[] s_eight = [0, 2, 1, 3, 2, 0, 3, 1, 2, 0, 3, 1, 0, 2, 1, 3];

    /// <param name="Cost">Error and bits.</param>
    /// <param name="Codes">By column.</param>
    public sealed record Path(double Cost, int[] Codes, double[] Target);

    /// <param name="target">[columns] in steps (half steps with a trellis), in the order of rounding.</param>
    /// <param name="u">[columns, columns] upper triangular, each column divided by its scale.</param>
    /// <param name="weight">step² G / 2 λ.</param>
    /// <param name="bits">Bits of code n in column j.</param>
    /// <param name="bounds">Range of codes in column j.</param>
    /// <param name="escape">Bits of leaving it.</param>
    public static Path Run(double[] target, double[,] u, double weight, int states, Func<int, int, double> bits, Func<int, (double Low, double High)> bounds, double escape)
    {
        var columns = target.Length;
        var paths = new Path?[states];
        paths[0] = new(0, [], target);
        for (var j = 0; j < columns; j++)
        {
            var next = new Path?[states];
            for (var s = 0; s < states; s++)
            {
                for (var branch = 0; paths[s] is { } path && branch < (states == 1 ? 1 : 2); branch++)
                {
                    var subset = states switch { 1 => 0, 4 => s_four[(2 * s) + branch], _ => s_eight[(2 * s) + branch] };
                    var (n, cost) = Best(path.Target[j], subset, states == 1 ? 1 : 4, weight / (u[j, j] * u[j, j]), k => bits(j, k), bounds(j), escape);
                    var to = ((2 * s) + branch) % states;
                    if (next[to] is null || path.Cost + cost < next[to]!.Cost)
                    {
                        var left = (double[])path.Target.Clone();
                        var error = (left[j] - n) / u[j, j];
                        for (var k = j + 1; k < columns; k++)
                        {
                            left[k] -= error * u[j, k];
                        }

                        next[to] = new(path.Cost + cost, [.. path.Codes, n], left);
                    }
                }
            }

            paths = next;
        }

        return paths.MinBy(p => p!.Cost)!;
    }

    private static (int Code, double Cost) Best(double z, int subset, int spacing, double weight, Func<int, double> bits, (double Low, double High) range, double escape)
    {
        var nearest = (int)(Math.Round((z - subset) / spacing) * spacing) + subset;
        var held = nearest;
        while (held > range.High)
        {
            held -= spacing;
        }

        while (held < range.Low)
        {
            held += spacing;
        }

        return new[] { nearest, held, nearest - (Math.Sign(nearest) * spacing) }
            .Select(n => (n, ((z - n) * (z - n) * weight) + bits(n) + (n < range.Low || n > range.High ? escape : 0))).MinBy(c => c.Item2);
    }
}
