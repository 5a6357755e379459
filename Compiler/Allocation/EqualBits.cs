using ModelPack.Compiler.Calibration;

namespace ModelPack.Compiler.Allocation;

/// <summary>Compares quantised forms of a model of different size: divergence falls as 4^(−bits), so ln divergence + ln 4 · bits is the same for all points of one front.</summary>
internal static class EqualBits
{
    private const double Ln4 = 1.3862943611198906;

    /// <summary>Smallest scatter that is believed: windows may agree by chance.</summary>
    private const double LeastScatter = 1e-3;

    /// <summary>ln divergence at equal bits.</summary>
    public static double Objective(double divergence, double bits) => DeterministicLog.Of(Math.Max(divergence, 1e-12)) + (Ln4 * bits);

    /// <summary>Standard error over windows of the change of ln divergence.</summary>
    /// <param name="windows">Divergence of each window.</param>
    /// <param name="before">Of the same windows, before the change.</param>
    public static double Scatter(double[] windows, double[] before)
    {
        var changes = windows.Zip(before, (w, s) => DeterministicLog.Of(Math.Max(w, 1e-12) / Math.Max(s, 1e-12))).ToArray();
        var mean = changes.Average();
        var variance = changes.Sum(c => (c - mean) * (c - mean)) / Math.Max(1, changes.Length - 1);
        return Math.Max(Math.Sqrt(variance / changes.Length), LeastScatter);
    }

    /// <summary>Whether a change helps by more than windows scatter.</summary>
    /// <param name="windows">Divergence of each window.</param>
    /// <param name="bits">Bits at rest per weight.</param>
    /// <param name="before">Divergence of the same windows before.</param>
    /// <param name="bitsBefore">Bits before.</param>
    public static bool IsBetter(double[] windows, double bits, double[] before, double bitsBefore) =>
        Objective(windows.Average(), bits) < Objective(before.Average(), bitsBefore) - Scatter(windows, before);
}
