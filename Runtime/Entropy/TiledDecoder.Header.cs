using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>The first chunk: all sections in front of the codes.</summary>
internal sealed unsafe partial class TiledDecoder
{
    private void DecodeHeader(ReadOnlySpan<byte> coded, byte* raw, long rawBytes)
    {
        if (rawBytes != _headerBytes)
        {
            throw new CorruptStreamException($"its sections take {_headerBytes} bytes instead of {rawBytes}");
        }

        var to = new Span<byte>(raw, checked((int)rawBytes));
        to.Clear();
        var from = new BinaryDecoder(coded);
        var order = new int[_rows];
        var exponents = new int[_rows];
        SideNumbers.Order(ref from, order);
        SideNumbers.Differences(ref from, exponents);
        int columns = TiledLayout.BlockColumns * _blocks, rows = TiledLayout.GroupRows * _rowClasses.Length;
        var at = Section(to, 0, columns, _columns.Order, _columns.Exponents, 8, 0);
        // Steps of the stored integers: half steps with a trellis.
        at = Section(to, at, rows, order, exponents, _stepsPerOctave, _tables.States == 1 ? 0 : _stepsPerOctave);
        _kinds.CopyTo(to[at..]);
        DecodeEscapes(ref from, to[(at + (int)TiledLayout.Padded(_kinds.Length))..]);
        from.Finish();
    }

    /// <summary>An order and its factors; returns where the next section begins.</summary>
    private static int Section(Span<byte> to, int at, int padded, int[] order, int[] exponents, int perOctave, int halving)
    {
        for (var i = 0; i < padded; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[(at + (4 * i))..], i < order.Length ? order[i] : -1);
        }

        at += 4 * padded;
        for (var i = 0; i < order.Length; i++)
        {
            if (exponents[i] < -126 * perOctave || exponents[i] > 126 * perOctave)
            {
                throw new CorruptStreamException($"factor {i} is 2^({exponents[i]}/{perOctave})");
            }

            BinaryPrimitives.WriteSingleLittleEndian(to[(at + (4 * i))..], StepPowers.Of(exponents[i] - halving, perOctave));
        }

        return at + (4 * padded);
    }

    private void DecodeEscapes(ref BinaryDecoder from, Span<byte> to)
    {
        const int Tile = TiledLayout.GroupRows * TiledLayout.BlockColumns;
        NumberModel gaps = new(), deltas = new();
        var escapes = to[(4 * (_kinds.Length + 1))..];
        long place = -1;
        var tile = 0;
        for (var e = 0; e < _escapes; e++)
        {
            place += 1 + (long)from.Number(gaps);
            if (place >= (long)_kinds.Length * Tile)
            {
                throw new CorruptStreamException($"escape {e} lies at {place}, behind the last of {_kinds.Length} tiles");
            }

            for (; tile < place / Tile; tile++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(to[(4 * (tile + 1))..], e);
            }

            escapes[TiledLayout.EscapeBytes * e] = (byte)(place / TiledLayout.BlockColumns % TiledLayout.GroupRows);
            escapes[(TiledLayout.EscapeBytes * e) + 1] = (byte)(place % TiledLayout.BlockColumns);
            BinaryPrimitives.WriteInt16LittleEndian(escapes[((TiledLayout.EscapeBytes * e) + 2)..], unchecked((short)from.Signed(deltas)));
        }

        for (; tile < _kinds.Length; tile++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[(4 * (tile + 1))..], _escapes);
        }
    }
}
