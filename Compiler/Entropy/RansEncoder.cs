using System.Runtime.InteropServices;
using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>
/// Writes a stream that <see cref="RansStream"/> reads. Symbols are collected front to back and encoded back to front, so all of a stream is in memory.
/// </summary>
internal sealed class RansEncoder
{
    private readonly List<(byte[] Symbols, CodingTable[] Tables)> _parts = [];

    /// <summary>Appends whole blocks.</summary>
    /// <param name="symbols">256 a block, as they come out of the decoder.</param>
    /// <param name="tables">16 tables for every block (4 · step + vector), or 16 for each.</param>
    public void Add(byte[] symbols, CodingTable[] tables)
    {
        var blocks = symbols.Length / RansFormat.BlockSymbols;
        if (symbols.Length % RansFormat.BlockSymbols != 0 || (tables.Length != RansFormat.BlockTables && tables.Length != RansFormat.BlockTables * blocks))
        {
            throw new ArgumentException($"{symbols.Length} symbols and {tables.Length} tables are not blocks.");
        }

        _parts.Add((symbols, tables));
    }

    /// <summary>The stream: states, then words.</summary>
    public byte[] Finish()
    {
        var x = new uint[RansFormat.States];
        Array.Fill(x, RansFormat.LowerBound);
        var reversed = new List<ushort>();
        for (var p = _parts.Count - 1; p >= 0; p--)
        {
            var (symbols, tables) = _parts[p];
            var blocks = symbols.Length / RansFormat.BlockSymbols;
            var stride = tables.Length == RansFormat.BlockTables ? 0 : RansFormat.BlockTables;
            for (var b = blocks - 1; b >= 0; b--)
            {
                EncodeBlock(symbols.AsSpan(b * RansFormat.BlockSymbols, RansFormat.BlockSymbols), tables.AsSpan(b * stride, RansFormat.BlockTables), x, reversed);
            }
        }

        var stream = new byte[(4 * x.Length) + (2 * reversed.Count)];
        var words = MemoryMarshal.Cast<byte, ushort>(stream.AsSpan(4 * x.Length));
        for (var i = 0; i < x.Length; i++)
        {
            BitConverter.TryWriteBytes(stream.AsSpan(4 * i), x[i]);
        }

        for (var i = 0; i < words.Length; i++)
        {
            words[i] = reversed[^(i + 1)];
        }

        return stream;
    }

    private static void EncodeBlock(ReadOnlySpan<byte> symbols, ReadOnlySpan<CodingTable> tables, uint[] x, List<ushort> reversed)
    {
        for (var step = RansFormat.Steps - 1; step >= 0; step--)
        {
            for (var state = RansFormat.States - 1; state >= 0; state--)
            {
                var vector = state >> 4;
                var symbol = symbols[(64 * vector) + (4 * (state & 15)) + step];
                if (tables[(4 * step) + vector].Encode(symbol, ref x[state], out var word))
                {
                    reversed.Add(word);
                }
            }
        }
    }
}
