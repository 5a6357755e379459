using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>The counterpart of <see cref="SideNumbers"/> and <see cref="TileWidthCoding"/>.</summary>
internal static class SideNumbersWriter
{
    public static void Order(BinaryEncoder to, ReadOnlySpan<int> order)
    {
        var labels = new int[order.Length];
        var run = 0;
        for (var p = 0; p < order.Length; p++)
        {
            run += p > 0 && order[p] < order[p - 1] ? 1 : 0;
            labels[order[p]] = run;
        }

        to.Number(new(), (uint)run);
        var bits = SideNumbers.LabelBits(run + 1);
        var tree = BinaryModel.New(1 << Math.Min(bits, SideNumbers.TreeBits));
        var numbers = new NumberModel();
        foreach (var label in labels)
        {
            if (bits <= SideNumbers.TreeBits)
            {
                to.Tree(tree, bits, label);
            }
            else
            {
                to.Number(numbers, (uint)label);
            }
        }
    }

    public static void Differences(BinaryEncoder to, ReadOnlySpan<int> values)
    {
        var model = new NumberModel();
        var last = 0;
        foreach (var value in values)
        {
            to.Signed(model, value - last);
            last = value;
        }
    }

    public static void Widths(BinaryEncoder to, ReadOnlySpan<byte> widths, int blocks)
    {
        var coding = new TileWidthCoding();
        for (var t = 0; t < widths.Length; t++)
        {
            to.Tree(coding.TreeOf(widths, blocks, t), TileWidthCoding.Bits, widths[t] - 2);
        }
    }
}
