using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>A segment as the entropy coder leaves it.</summary>
/// <param name="Tables">Tables that its chunks use, in their own numbering from 0; <paramref name="Chunk"/> is told where they came to lie.</param>
/// <param name="RawBytes">Raw bytes of each chunk.</param>
/// <param name="Chunk">Encodes a chunk: its index, the first table's index in the pack.</param>
internal sealed record CodedSegment(IReadOnlyList<RansTable> Tables, IReadOnlyList<int> RawBytes, Func<int, int, byte[]> Chunk)
{
    /// <summary>Codes of a chunk that the encoder aims at: where threads may start.</summary>
    public const int ChunkCodes = 1 << 20;
}
