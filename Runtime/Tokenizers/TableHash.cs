using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelPack;

/// <summary>
/// Hash functions of the perfect hash tables (hash and displace: a bucket's displacement was chosen at build time so that all
/// its keys fall into slots of their own). Part of the file format.
/// </summary>
internal static class TableHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15, Second = 0xD6E8FEB86659FD93;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong x)
    {
        x ^= x >> 32;
        x *= Second;
        x ^= x >> 29;
        x *= Multiplier;
        return x ^ (x >> 32);
    }

    /// <summary>Of a pair of tokens, 24 bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OfPair(ulong pair, int seed) => Mix(pair + ((ulong)(seed + 1) * Multiplier));

    public static ulong OfBytes(ReadOnlySpan<byte> key, int seed)
    {
        var hash = ((ulong)key.Length + ((ulong)seed << 32)) * Multiplier;
        while (key.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(key));
            key = key[8..];
        }

        var tail = 0ul;
        for (var i = 0; i < key.Length; i++)
        {
            tail |= (ulong)key[i] << (8 * i);
        }

        return Mix(hash ^ tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bucket(ulong hash, int buckets) => (int)(((hash >> 32) * (ulong)(uint)buckets) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Slot(ulong hash, int displacement, int slots) =>
        (int)(((Mix(hash + ((ulong)(uint)displacement * Multiplier)) & 0xFFFFFFFF) * (ulong)(uint)slots) >> 32);
}
