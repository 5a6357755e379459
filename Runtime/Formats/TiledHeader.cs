using System.Buffers.Binary;

namespace ModelPack.Formats;

/// <summary>A code that its tile's width does not hold.</summary>
/// <param name="Group">Row group.</param>
/// <param name="Place">Block · 4096 + lane · 64 + column.</param>
/// <param name="Delta">True integer minus stored one.</param>
internal readonly record struct TiledEscape(int Group, uint Place, short Delta)
{
    public int SubGroup => (Group * TiledLayout.SubGroups) + (int)(Place >> 10 & 3);

    /// <summary>The code at a lane and a column of a tile.</summary>
    public static TiledEscape Of(int group, int block, int lane, int column, short delta) => new(group, ((uint)block << 12) | ((uint)lane << 6) | (uint)column, delta);
}

/// <summary>Order and factors of a weight's rows, or of its columns.</summary>
/// <param name="Order">By position: which of the source.</param>
/// <param name="Exponents">By position: 2^(e / <paramref name="PerOctave"/>).</param>
/// <param name="PerOctave">Steps per octave.</param>
internal readonly record struct TiledVector(int[] Order, int[] Exponents, int PerOctave)
{
    /// <summary>Smallest exponent.</summary>
    /// <exception cref="ArgumentException">The largest is too far from it to be resident.</exception>
    public int Base()
    {
        int least = Exponents.Min(), most = Exponents.Max();
        return (long)most - least < TiledLayout.MostFactors
            ? least
            : throw new ArgumentException($"factors from 2^({least}/{PerOctave}) to 2^({most}/{PerOctave}); at most {TiledLayout.MostFactors} steps are possible");
    }
}

/// <summary>Writes the sections in front of the codes (<see cref="TiledLayout"/>), for the encoder and for the entropy decoder.</summary>
internal static class TiledHeader
{
    /// <param name="to">Exactly those; all zeros.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="halving">Steps that a row's exponent is above that of the stored integers.</param>
    /// <param name="kinds">[groups, blocks].</param>
    /// <param name="escapes">Tile by tile, in a tile by lane, then column.</param>
    /// <exception cref="ArgumentException">Factors too far from each other.</exception>
    public static void Write(Span<byte> to, TiledVector columns, TiledVector rows, int halving, ReadOnlySpan<byte> kinds, ReadOnlySpan<TiledEscape> escapes)
    {
        int columnBase = columns.Base(), rowBase = rows.Base(), groups = TiledLayout.Groups(rows.Order.Length);
        BinaryPrimitives.WriteInt32LittleEndian(to, columnBase);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], rowBase - halving);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], rows.PerOctave);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], escapes.Length);
        var starts = to.Slice(TiledLayout.HeadBytes, 4 * ((TiledLayout.SubGroups * groups) + 1));
        var places = to[(TiledLayout.HeadBytes + starts.Length)..][..(4 * escapes.Length)];
        to = to[(TiledLayout.HeadBytes + starts.Length + places.Length)..];
        var isWide = TiledLayout.IsWide(rows.Order.Length, columns.Order.Length);
        to = Order(Order(to, columns.Order, isWide), rows.Order, isWide);
        Escapes(starts, places, to, escapes);
        to = Factors(Factors(to[(2 * escapes.Length)..], columns.Exponents, columnBase), rows.Exponents, rowBase);
        kinds.CopyTo(to);
    }

    private static Span<byte> Order(Span<byte> to, int[] order, bool isWide)
    {
        foreach (var source in order)
        {
            if (isWide)
            {
                BinaryPrimitives.WriteInt32LittleEndian(to, source);
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)source);
            }

            to = to[(isWide ? 4 : 2)..];
        }

        return to;
    }

    private static Span<byte> Factors(Span<byte> to, int[] exponents, int least)
    {
        for (var i = 0; i < exponents.Length; i++)
        {
            to[i] = (byte)(exponents[i] - least);
        }

        return to[exponents.Length..];
    }

    /// <summary>Sub-group by sub-group, in each as they come.</summary>
    private static void Escapes(Span<byte> starts, Span<byte> places, Span<byte> deltas, ReadOnlySpan<TiledEscape> escapes)
    {
        var next = new int[starts.Length / 4];
        foreach (var escape in escapes)
        {
            next[escape.SubGroup + 1]++;
        }

        for (var s = 1; s < next.Length; s++)
        {
            next[s] += next[s - 1];
        }

        for (var s = 0; s < next.Length; s++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(starts[(4 * s)..], next[s]);
        }

        foreach (var escape in escapes)
        {
            var at = next[escape.SubGroup]++;
            BinaryPrimitives.WriteUInt32LittleEndian(places[(4 * at)..], escape.Place);
            BinaryPrimitives.WriteInt16LittleEndian(deltas[(2 * at)..], escape.Delta);
        }
    }
}
