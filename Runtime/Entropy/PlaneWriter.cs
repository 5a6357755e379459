using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>Packs decoded symbols into the code planes of a unit (<see cref="GroupedLayout"/>); pure bit operations, so any vector width gives the same bytes.</summary>
internal static unsafe class PlaneWriter
{
    private const int Quad = GroupedLayout.QuadBytes;

    /// <summary>Bits below the symbol's four that are stored as they are, as one plane of 64 bytes each.</summary>
    public static int RawBits(int codeBits) => Math.Max(codeBits - 4, 0);

    /// <summary>Bytes of raw planes of a unit.</summary>
    public static int RawBytes(int codeBits) => Quad * RawBits(codeBits);

    /// <param name="quads">[8, 64] symbols: the codes, or their upper four bits where codes are wider; overwritten.</param>
    /// <param name="raw">[RawBits, 64] planes of the lower bits: bit j of a byte belongs to quad j.</param>
    /// <param name="codeBits">2 to 8.</param>
    /// <param name="planes">64 · <paramref name="codeBits"/> bytes.</param>
    public static void Write(byte* quads, byte* raw, int codeBits, byte* planes)
    {
        for (var half = 0; half < Quad; half += 32)
        {
            if (codeBits == 4)
            {
                Nibbles(quads + half, planes + half);
            }
            else
            {
                if (codeBits > 4)
                {
                    AddRaw(quads + half, raw + half, codeBits - 4);
                }

                WriteOther(quads + half, codeBits, planes + half);
            }
        }
    }

    private static void WriteOther(byte* quads, int codeBits, byte* planes)
    {
        if (codeBits == 8)
        {
            for (var q = 0; q < 8; q++)
            {
                Vector256.Store(Vector256.Load(quads + (Quad * q)), planes + (Quad * q));
            }

            return;
        }

        var above = 0;
        if (codeBits > 4)
        {
            Nibbles(quads, planes);
            planes += 4 * Quad;
            above = 4;
        }

        if ((codeBits & 2) != 0)
        {
            Pairs(quads, above, planes);
            planes += 2 * Quad;
        }

        if ((codeBits & 1) != 0)
        {
            Single(quads, codeBits - 1, planes);
        }
    }

    /// <summary>Codes become symbol · 2^bits + raw bits.</summary>
    private static void AddRaw(byte* quads, byte* raw, int bits)
    {
        for (var q = 0; q < 8; q++)
        {
            var code = Left(Vector256.Load(quads + (Quad * q)), bits);
            for (var b = 0; b < bits; b++)
            {
                code |= Left(Right(Vector256.Load(raw + (Quad * b)), q) & Vector256.Create((byte)1), b);
            }

            Vector256.Store(code, quads + (Quad * q));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Nibbles(byte* quads, byte* planes)
    {
        var low = Vector256.Create((byte)15);
        for (var v = 0; v < 4; v++)
        {
            var even = Vector256.Load(quads + (Quad * 2 * v)) & low;
            var odd = Vector256.Load(quads + (Quad * ((2 * v) + 1))) & low;
            Vector256.Store(even | Left(odd, 4), planes + (Quad * v));
        }
    }

    private static void Pairs(byte* quads, int above, byte* planes)
    {
        var mask = Vector256.Create((byte)3);
        for (var v = 0; v < 2; v++)
        {
            var plane = Vector256<byte>.Zero;
            for (var j = 0; j < 4; j++)
            {
                plane |= Left(Right(Vector256.Load(quads + (Quad * ((4 * v) + j))), above) & mask, 2 * j);
            }

            Vector256.Store(plane, planes + (Quad * v));
        }
    }

    private static void Single(byte* quads, int bit, byte* planes)
    {
        var plane = Vector256<byte>.Zero;
        for (var q = 0; q < 8; q++)
        {
            plane |= Left(Right(Vector256.Load(quads + (Quad * q)), bit) & Vector256.Create((byte)1), q);
        }

        Vector256.Store(plane, planes);
    }

    // Bytes have no shifts of their own. A left shift of 16 bits moves the low byte's top bits into the high byte: callers have them cleared; a right shift is followed by a mask.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Left(Vector256<byte> value, int bits) => Vector256.ShiftLeft(value.AsUInt16(), bits).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Right(Vector256<byte> value, int bits) => Vector256.ShiftRightLogical(value.AsUInt16(), bits).AsByte();
}
