using ModelPack.Kernels;

namespace ModelPack.KernelCheck;

/// <summary>Scalar functions that no rung has a form of its own for.</summary>
internal static class MathChecks
{
    public static IEnumerable<Check> All =>
    [
        new("sin cos", (_, digest) => SinCos(digest)),
        new("exp f64", (_, digest) => Exp(digest)),
    ];

    private static void SinCos(Digest digest)
    {
        var random = new Random(4);
        for (var i = 0; i < 20000; i++)
        {
            var (sin, cos) = Trigonometry.SinCos((random.NextDouble() - 0.5) * Math.ScaleB(1, random.Next(-10, 27)));
            digest.Add(sin);
            digest.Add(cos);
        }
    }

    private static void Exp(Digest digest)
    {
        for (var x = -760.0; x < 720; x += 0.0371)
        {
            digest.Add(DeterministicMath.Exp(x));
        }
    }
}
