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
        var escapes = DecodeEscapes(ref from);
        from.Finish();
        CheckExponents(_columns.Exponents, TiledLayout.ColumnStepsPerOctave);
        CheckExponents(exponents, _stepsPerOctave);
        try
        {
            // Steps of the stored integers: half steps with a trellis.
            TiledHeader.Write(
                to, new(_columns.Order, _columns.Exponents, TiledLayout.ColumnStepsPerOctave), new(order, exponents, _stepsPerOctave), _tables.States == 1 ? 0 : _stepsPerOctave, _kinds, escapes);
        }
        catch (ArgumentException e)
        {
            throw new CorruptStreamException(e.Message);
        }
    }

    private static void CheckExponents(int[] exponents, int perOctave)
    {
        foreach (var e in exponents)
        {
            if (e < TiledLayout.LeastOctave * perOctave || e > TiledLayout.MostOctave * perOctave)
            {
                throw new CorruptStreamException($"a factor is 2^({e}/{perOctave})");
            }
        }
    }

    private TiledEscape[] DecodeEscapes(ref BinaryDecoder from)
    {
        const int Tile = TiledLayout.GroupRows * TiledLayout.BlockColumns;
        NumberModel gaps = new(), deltas = new();
        var escapes = new TiledEscape[_escapes];
        long place = -1;
        for (var e = 0; e < escapes.Length; e++)
        {
            place += 1 + (long)from.Number(gaps);
            if (place >= (long)_kinds.Length * Tile)
            {
                throw new CorruptStreamException($"escape {e} lies at {place}, behind the last of {_kinds.Length} tiles");
            }

            var (group, block) = Math.DivRem((int)(place / Tile), _blocks);
            escapes[e] = TiledEscape.Of(group, block, (int)(place / TiledLayout.BlockColumns % TiledLayout.GroupRows), (int)(place % TiledLayout.BlockColumns), unchecked((short)from.Signed(deltas)));
        }

        return escapes;
    }
}
