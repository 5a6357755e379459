using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ModelPack;

/// <summary>A slot of the perfect hash over merges, <see cref="TokenizerLayout.MergeSlotBytes"/> long: left, right, merged token and rank, 24 bits each. All ones: empty.</summary>
internal static class MergeSlot
{
    private const uint Mask = 0xFFFFFF;

    /// <summary>Two tokens as the key that is hashed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Pair(int left, int right) => (uint)left | ((ulong)(uint)right << 24);

    public static void Write(Span<byte> slot, ulong pair, int merged, int rank)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(slot, pair | ((ulong)(uint)merged << 48));
        BinaryPrimitives.WriteUInt32LittleEndian(slot[8..], ((uint)merged >> 16) | ((uint)rank << 8));
    }

    public static (int Left, int Right, int Merged, uint Rank) Read(ReadOnlySpan<byte> slot)
    {
        var low = BinaryPrimitives.ReadUInt64LittleEndian(slot);
        return (
            (int)(low & Mask),
            (int)(low >> 24 & Mask),
            (int)(BinaryPrimitives.ReadUInt32LittleEndian(slot[6..]) & Mask),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]) >> 8);
    }
}
