using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>Decodes units of 16 rows × 32 columns into their planes, on the rung that the model runs on.</summary>
internal static unsafe class UnitDecoder
{
    /// <summary>Decodes one unit.</summary>
    /// <param name="kernels">Rung.</param>
    /// <param name="tables">[8]: the table of each quad's symbols, 48 words of <see cref="RansTable.Words"/>.</param>
    /// <param name="states">[64], changed.</param>
    /// <param name="words">Prepared, and moved on.</param>
    /// <param name="raw">Raw planes, <see cref="PlaneWriter.RawBytes"/>.</param>
    /// <param name="codeBits">2 to 8.</param>
    /// <param name="planes">Result.</param>
    [SkipLocalsInit]
    public static void Decode(KernelSet kernels, uint** tables, uint* states, ref WordReader words, byte* raw, int codeBits, byte* planes)
    {
        var quads = stackalloc byte[512];
        words.Next = kernels switch
        {
            KernelSet.Avx512 when Avx512BW.IsSupported => Avx512RansRung.Decode(tables, states, words.Next, 8, quads),
            KernelSet.Avx2 or KernelSet.AvxVnni when Avx2.IsSupported => Avx2RansRung.Decode(tables, states, words.Next, 8, quads),
            KernelSet.AdvSimd when AdvSimd.Arm64.IsSupported => AdvSimdRansRung.Decode(tables, states, words.Next, 8, quads),
            _ => ScalarRansRung.Decode(tables, states, words.Next, 8, quads),
        };

        PlaneWriter.Write(quads, raw, codeBits, planes);
    }
}
