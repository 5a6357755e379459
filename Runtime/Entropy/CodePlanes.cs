using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>
/// A unit's 512 codes as bytes (8 quads, what a rung leaves behind) to and from the bit planes of <see cref="GroupedLayout"/>; the low bits that a stream carries
/// beside the coded ones are planes of the same form. Vectors of 32 bytes by the framework's portable operations: exact on every platform.
/// </summary>
internal static unsafe class CodePlanes
{
    /// <summary>Codes of a unit.</summary>
    public const int UnitCodes = GroupedLayout.QuadsPerUnit * GroupedLayout.QuadBytes;

    private const int Half = 32;

    /// <summary>Codes to planes.</summary>
    /// <param name="codes">8 quads.</param>
    /// <param name="bits">Of a code, 1 to 8.</param>
    /// <param name="planes">64 · bits bytes.</param>
    /// <param name="stride">Bytes from one quad to the next.</param>
    public static void Pack(byte* codes, int bits, byte* planes, int stride = GroupedLayout.QuadBytes)
    {
        if (bits == 8)
        {
            for (var q = 0; q < GroupedLayout.QuadsPerUnit; q++)
            {
                Unsafe.CopyBlockUnaligned(planes + (q * GroupedLayout.QuadBytes), codes + (q * stride), GroupedLayout.QuadBytes);
            }

            return;
        }

        var done = 0;
        if ((bits & 4) != 0)
        {
            PackNibbles(codes, planes, stride);
            planes += 256;
            done = 4;
        }

        if ((bits & 2) != 0)
        {
            PackPairs(codes, done, planes, stride);
            planes += 128;
            done += 2;
        }

        if ((bits & 1) != 0)
        {
            PackBits(codes, done, planes, stride);
        }
    }

    /// <summary>Planes to codes.</summary>
    /// <param name="planes">64 · bits bytes.</param>
    /// <param name="bits">Of a code, 1 to 8.</param>
    /// <param name="codes">512 bytes.</param>
    public static void Unpack(byte* planes, int bits, byte* codes)
    {
        if (bits == 8)
        {
            Unsafe.CopyBlockUnaligned(codes, planes, UnitCodes);
            return;
        }

        Unsafe.InitBlockUnaligned(codes, 0, UnitCodes);
        AddLow(codes, planes, bits);
    }

    /// <summary>Codes become code · 2^bits + the planes' code.</summary>
    /// <param name="codes">512 bytes.</param>
    /// <param name="planes">64 · bits bytes.</param>
    /// <param name="bits">1 to 7.</param>
    public static void AddLow(byte* codes, byte* planes, int bits)
    {
        // The first plane moves the codes up; what it holds, the lowest bits, comes to rest where it is.
        int shift = bits, done = 0;
        if ((bits & 4) != 0)
        {
            AddNibbles(codes, shift, planes);
            planes += 256;
            (shift, done) = (0, 4);
        }

        if ((bits & 2) != 0)
        {
            AddPairs(codes, shift, planes, done);
            planes += 128;
            (shift, done) = (0, done + 2);
        }

        if ((bits & 1) != 0)
        {
            AddBits(codes, shift, planes, done);
        }
    }

    /// <summary>Vector v of 4 takes quads 2v and 2v + 1.</summary>
    private static void PackNibbles(byte* codes, byte* planes, int stride)
    {
        for (var at = 0; at < 256; at += Half)
        {
            var even = codes + (2 * stride * (at >> 6)) + (at & 63);
            Vector256.Store(Left(Vector256.Load(even + stride), 4, 0xF0) | (Vector256.Load(even) & Vector256.Create((byte)15)), planes + at);
        }
    }

    /// <summary>Bits <paramref name="done"/> and done + 1: vector v of 2 takes quads 4v … 4v + 3.</summary>
    private static void PackPairs(byte* codes, int done, byte* planes, int stride)
    {
        for (var at = 0; at < 128; at += Half)
        {
            var first = codes + (4 * stride * (at >> 6)) + (at & 63);
            Vector256.Store(
                Right(Vector256.Load(first), done, 3)
                | Left(Right(Vector256.Load(first + stride), done, 3), 2, 0x0C)
                | Left(Right(Vector256.Load(first + (2 * stride)), done, 3), 4, 0x30)
                | Left(Right(Vector256.Load(first + (3 * stride)), done, 3), 6, 0xC0),
                planes + at);
        }
    }

    /// <summary>Bit <paramref name="done"/>: bit q of the one vector is quad q's.</summary>
    private static void PackBits(byte* codes, int done, byte* planes, int stride)
    {
        for (var at = 0; at < 64; at += Half)
        {
            var sum = Vector256<byte>.Zero;
            for (var q = 7; q >= 0; q--)
            {
                sum = (sum + sum) | Right(Vector256.Load(codes + (stride * q) + at), done, 1);
            }

            Vector256.Store(sum, planes + at);
        }
    }

    private static void AddNibbles(byte* codes, int shift, byte* planes)
    {
        var keep = (byte)(0xFF << shift);
        for (var at = 0; at < 256; at += Half)
        {
            var even = codes + (2 * (at & ~63)) + (at & 63);
            var pair = Vector256.Load(planes + at);
            Vector256.Store(Left(Vector256.Load(even), shift, keep) | (pair & Vector256.Create((byte)15)), even);
            Vector256.Store(Left(Vector256.Load(even + 64), shift, keep) | Right(pair, 4, 15), even + 64);
        }
    }

    private static void AddPairs(byte* codes, int shift, byte* planes, int done)
    {
        var keep = (byte)(0xFF << shift);
        for (var at = 0; at < 128; at += Half)
        {
            var to = codes + (4 * (at & ~63)) + (at & 63);
            var four = Vector256.Load(planes + at);
            for (var j = 0; j < 4; j++)
            {
                Vector256.Store(Left(Vector256.Load(to), shift, keep) | Left(four & Vector256.Create((byte)3), done, 0xFF), to);
                four = Right(four, 2, 0x3F);
                to += 64;
            }
        }
    }

    private static void AddBits(byte* codes, int shift, byte* planes, int done)
    {
        var keep = (byte)(0xFF << shift);
        for (var at = 0; at < 64; at += Half)
        {
            var eight = Vector256.Load(planes + at);
            for (var q = 0; q < 8; q++)
            {
                var to = codes + (64 * q) + at;
                Vector256.Store(Left(Vector256.Load(to), shift, keep) | Left(eight & Vector256<byte>.One, done, 0xFF), to);
                eight = Right(eight, 1, 0x7F);
            }
        }
    }

    // Bytes are shifted as 16-bit lanes; the mask takes away what came from the neighbour.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Left(Vector256<byte> v, int count, byte mask) => Vector256.ShiftLeft(v.AsUInt16(), count).AsByte() & Vector256.Create(mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Right(Vector256<byte> v, int count, byte mask) => Vector256.ShiftRightLogical(v.AsUInt16(), count).AsByte() & Vector256.Create(mask);
}
