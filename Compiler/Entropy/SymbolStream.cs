using System.Buffers.Binary;
using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>The symbols of a chunk, gathered forward and encoded backward.</summary>
internal sealed class SymbolStream
{
    private readonly List<(byte[] Tables, byte[] Symbols)> _units = [];

    /// <param name="tables">[8]: table of each quad.</param>
    /// <param name="symbols">[8, 64].</param>
    public void Add(byte[] tables, byte[] symbols) => _units.Add((tables, symbols));

    /// <summary>The states that the decoder begins with, and its words, as bytes.</summary>
    public (byte[] States, byte[] Words) Encode(IReadOnlyList<RansTable> tables)
    {
        SlotMap[] maps = [.. tables.Select(t => new SlotMap(t))];
        var encoder = new RansEncoder();
        for (var u = _units.Count - 1; u >= 0; u--)
        {
            var (indices, symbols) = _units[u];
            for (var step = indices.Length - 1; step >= 0; step--)
            {
                encoder.PutStep(tables[indices[step]], maps[indices[step]], symbols.AsSpan(step * RansStream.Lanes, RansStream.Lanes));
            }
        }

        var (states, words) = encoder.Finish();
        var stateBytes = new byte[CodedChunk.StateBytes];
        for (var i = 0; i < states.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(stateBytes.AsSpan(4 * i), states[i]);
        }

        var wordBytes = new byte[2 * words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(wordBytes.AsSpan(2 * i), words[i]);
        }

        return (stateBytes, wordBytes);
    }
}
