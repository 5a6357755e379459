using ModelPack.Compiler.Calibration;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// Bits of each code, by class (the σ of the codes) and, with a trellis, by the parity of the half steps: what the rounding weighs against the error, and about what the entropy coder spends.
/// </summary>
internal sealed class RateTables
{
    /// <summary>Classes: σ = 2^((class − 8) / 4), from 1/4 to 2^7.75.</summary>
    public const int Classes = 40;

    /// <summary>The class of σ = 1.</summary>
    public const int UnitClass = 8;

    public const int ClassesPerOctave = 4;

    /// <summary>Smallest code in whole steps that has an entry of its own; beyond, the last entry counts.</summary>
    public const int Lowest = -512;

    public const int Highest = 511;

    public const int Codes = Highest - Lowest + 1;

    /// <summary>Weight of the default distribution against counts, in codes.</summary>
    private const double PriorCodes = 50;

    private RateTables(float[] bits) => Bits = bits;

    /// <summary>[Classes, 2, Codes]: bits by class, parity of n, and k = ⌊n / 2⌋ (or the code itself when scalar, parity 0).</summary>
    public float[] Bits { get; }

    /// <summary>The class of a row and a column together, as it indexes tables.</summary>
    public static int Clamp(int rowClass, int columnClass) => Math.Clamp(rowClass + columnClass, 0, Classes - 1);

    /// <summary>Tables from the distributions alone.</summary>
    public static RateTables Default(int states) => Estimate(states, null);

    /// <summary>Tables from what was counted, the default distribution standing for <see cref="PriorCodes"/> more codes.</summary>
    public static RateTables Estimate(int states, CodeCounts? counts)
    {
        var bits = GC.AllocateArray<float>(Classes * 2 * Codes, pinned: true);
        Parallel.For(0, Classes * 2, table =>
        {
            var p = Distribution(Octaves.Power((table / 2) - UnitClass, ClassesPerOctave), states > 1 ? 0.5 * (table % 2) : 0);
            double total = 0;
            for (var k = 0; k < Codes; k++)
            {
                p[k] = (PriorCodes * p[k]) + (counts?.Values[(table * Codes) + k] ?? 0);
                total += p[k];
            }

            for (var k = 0; k < Codes; k++)
            {
                bits[(table * Codes) + k] = (float)-Log2(p[k] / total);
            }
        });
        return new(bits);
    }

    public static double Log2(double x) => DeterministicLog.Of(x) * 1.4426950408889634074;

    /// <summary>A Gaussian of the class's σ over cells of one step, a heavier tail for 7%, and a floor.</summary>
    private static double[] Distribution(double sigma, double shift)
    {
        const int Points = 8;
        var p = new double[Codes];
        var tail = new double[Codes];
        double gauss = 0, laplace = 0;
        for (var k = 0; k < Codes; k++)
        {
            var x = k + Lowest + shift;
            for (var i = 0; i < Points; i++)
            {
                var y = (x + ((i + 0.5) / Points) - 0.5) / sigma;
                p[k] += DeterministicMath.Exp(-0.5 * y * y);
            }

            tail[k] = DeterministicMath.Exp(-Math.Abs(x) / (0.9 * sigma));
            gauss += p[k];
            laplace += tail[k];
        }

        double total = 0;
        for (var k = 0; k < Codes; k++)
        {
            p[k] = (0.93 * p[k] / gauss) + (0.07 * tail[k] / laplace) + 1e-5;
            total += p[k];
        }

        for (var k = 0; k < Codes; k++)
        {
            p[k] /= total;
        }

        return p;
    }
}
