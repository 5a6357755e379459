using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelPack;

/// <summary>
/// A rung of the instruction-set ladder. All rungs give the same bits (DESIGN.md, decision 6), so this is a matter of
/// speed and of testing only.
/// </summary>
public enum KernelSet
{
    /// <summary>The widest that this processor and this binary have.</summary>
    Auto = 0,

    /// <summary>Plain C#.</summary>
    Scalar = 1,

    /// <summary>x64 with AVX2 and FMA.</summary>
    Avx2 = 2,

    /// <summary>x64 with AVX2, FMA and the AVX-VNNI dot product.</summary>
    AvxVnni = 3,

    /// <summary>x64 with AVX-512 F, BW, DQ and VL.</summary>
    Avx512 = 4,

    /// <summary>Arm64 with Advanced SIMD and the dot-product extension.</summary>
    AdvSimd = 5,
}

/// <summary>Which rungs this process can run.</summary>
public static class KernelSets
{
    /// <summary>Whether the processor, and the instruction set the binary was compiled for, allow <paramref name="set"/>.</summary>
    public static bool IsSupported(KernelSet set) => set switch
    {
        KernelSet.Auto or KernelSet.Scalar => true,
        KernelSet.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        KernelSet.AvxVnni => AvxVnni.IsSupported && Avx2.IsSupported && Fma.IsSupported,
        KernelSet.Avx512 => Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported,
        KernelSet.AdvSimd => AdvSimd.Arm64.IsSupported && Dp.IsSupported,
        _ => false,
    };

    /// <summary>The rungs this process can run, <see cref="KernelSet.Scalar"/> first.</summary>
    public static IEnumerable<KernelSet> Supported =>
        Enum.GetValues<KernelSet>().Where(s => s != KernelSet.Auto && IsSupported(s));

    /// <summary><paramref name="set"/>, or the widest supported one for <see cref="KernelSet.Auto"/>.</summary>
    /// <exception cref="ModelPackException">MP5102: not available here.</exception>
    internal static KernelSet Resolve(KernelSet set)
    {
        if (set == KernelSet.Auto)
        {
            return IsSupported(KernelSet.Avx512) ? KernelSet.Avx512
                : IsSupported(KernelSet.AvxVnni) ? KernelSet.AvxVnni
                : IsSupported(KernelSet.Avx2) ? KernelSet.Avx2
                : IsSupported(KernelSet.AdvSimd) ? KernelSet.AdvSimd
                : KernelSet.Scalar;
        }

        return IsSupported(set) ? set : throw new ModelPackException(
            MpCodes.KernelsUnavailable,
            $"kernels '{set}' were asked for, but this processor or this binary has only {string.Join(", ", Supported)}. "
            + "Use KernelSet.Auto, or publish with a wider IlcInstructionSet (metadata Instructions of CompressedModel).");
    }
}
