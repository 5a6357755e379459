using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Single codes of a unit's planes: the plain reading of <see cref="GroupedLayout"/> that every rung must agree with.</summary>
internal static unsafe class GroupedCodes
{
    /// <summary>Place of (row, column) among a unit's 512 unpacked bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int QuadByte(int row, int column) => ((column >> 2) * GroupedLayout.QuadBytes) + (row * 4) + (column & 3);

    /// <summary>The code at (row 0 … 15, column 0 … 31).</summary>
    public static int Code(byte* planes, int bits, int row, int column)
    {
        var quad = column >> 2;
        var place = (row * 4) + (column & 3);
        if (bits == 8)
        {
            return planes[(quad * 64) + place];
        }

        var code = 0;
        var shift = 0;
        if (bits >= 4)
        {
            var b = planes[((quad >> 1) * 64) + place];
            code = (quad & 1) == 0 ? b & 15 : b >> 4;
            planes += 256;
            shift = 4;
        }

        if ((bits & 2) != 0)
        {
            code |= ((planes[((quad >> 2) * 64) + place] >> (2 * (quad & 3))) & 3) << shift;
            planes += 128;
            shift += 2;
        }

        if ((bits & 1) != 0)
        {
            code |= ((planes[place] >> quad) & 1) << shift;
        }

        return code;
    }

    /// <summary>Puts a code into planes that are zero at its place.</summary>
    public static void SetCode(byte* planes, int bits, int row, int column, int code)
    {
        var quad = column >> 2;
        var place = (row * 4) + (column & 3);
        if (bits == 8)
        {
            planes[(quad * 64) + place] = (byte)code;
            return;
        }

        if (bits >= 4)
        {
            planes[((quad >> 1) * 64) + place] |= (byte)((code & 15) << (4 * (quad & 1)));
            planes += 256;
            code >>= 4;
        }

        if ((bits & 2) != 0)
        {
            planes[((quad >> 2) * 64) + place] |= (byte)((code & 3) << (2 * (quad & 3)));
            planes += 128;
            code >>= 2;
        }

        if ((bits & 1) != 0)
        {
            planes[place] |= (byte)((code & 1) << quad);
        }
    }

    /// <summary>The signed value that a kernel multiplies: code − Offset, or the codebook's entry.</summary>
    public static int Value<F>(byte* planes, int row, int column)
        where F : struct, ICodeForm
    {
        var code = Code(planes, F.CodeBits, row, column);
        return F.Codebook == CodebookId.None ? code - F.Offset : Codebooks.Of(F.Codebook)[code];
    }

    /// <summary>The value as the unsigned byte of an unpacked quad: value + <see cref="PanelOffset{F}"/>.</summary>
    public static byte Unsigned<F>(byte* planes, int row, int column)
        where F : struct, ICodeForm => (byte)(Value<F>(planes, row, column) + PanelOffset<F>());

    /// <summary>What unpacked bytes are above the values they stand for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelOffset<F>()
        where F : struct, ICodeForm => F.Codebook == CodebookId.None ? F.Offset : 128;

    /// <summary>Bytes of super scales and scales in front of the codes of a unit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int HeaderBytes<F>(int unit)
        where F : struct, IGroupedForm
    {
        var parts = F.HasMinimum ? 2 : 1;
        var bytes = F.GroupColumns > 32 && unit % (F.GroupColumns / 32) != 0
            ? 0
            : parts * (F.GroupColumns == 16 ? 2 : 1) * 16 * (F.Scale == ScaleKind.F16 ? 2 : F.Scale == ScaleKind.F32 ? 4 : 1);
        return F.Scale == ScaleKind.TwoLevel && (unit & 7) == 0 ? bytes + (parts * 32) : bytes;
    }

    /// <summary>
    /// Asks for the bytes that a GEMV reaches <see cref="PrefetchBytes"/> later, one unit's worth: the processor's own prefetcher stops at every page.
    /// Decode of SmolLM2 gains a quarter on one thread of a Zen 5 (distances of 2 to 16 KiB tried); within the L2 cache 8-bit codes lose up to a fifth.
    /// A prefetch never faults, so the end of the weight needs no care.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<F>(byte* p)
        where F : struct, ICodeForm
    {
        p += PrefetchBytes;
        for (var line = 0; line < F.CodeBits; line++)
        {
            Sse.Prefetch0(p + (64 * line));
        }
    }

    private const int PrefetchBytes = 8192;

    /// <summary>Bits of an unpacked byte: what decides how many products fit into int16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelBits<F>()
        where F : struct, ICodeForm => F.Codebook == CodebookId.None ? F.CodeBits : 8;
}
