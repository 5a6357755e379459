namespace ModelPack.Compiler.Quantize;

/// <summary>How often each code came, by class and parity: laid out as <see cref="RateTables.Bits"/>.</summary>
internal sealed class CodeCounts
{
    public long[] Values { get; } = new long[RateTables.Classes * 2 * RateTables.Codes];

    public void Add(CodeCounts other)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i] += other.Values[i];
        }
    }

    /// <summary>Counts the codes of a matrix that are not padding.</summary>
    public void Add(TiledMatrix matrix)
    {
        for (var g = 0; g < matrix.RowGroups; g++)
        {
            var rows = Math.Min(TiledMatrix.TileRows, matrix.Rows - (g * TiledMatrix.TileRows));
            for (var j = 0; j < matrix.Columns; j++)
            {
                var table = RateTables.Clamp(matrix.RowClasses[g], matrix.ColumnClasses[j]) * 2;
                foreach (var n in matrix.Codes.AsSpan(((g * matrix.Columns) + j) * TiledMatrix.TileRows, rows))
                {
                    Values[Index(table, n, matrix.States)]++;
                }
            }
        }
    }

    /// <summary>Entropy of the codes given class and parity, in bits over all of them.</summary>
    public double TotalBits()
    {
        double bits = 0;
        for (var table = 0; table < RateTables.Classes * 2; table++)
        {
            var counts = Values.AsSpan(table * RateTables.Codes, RateTables.Codes);
            long total = 0;
            foreach (var c in counts)
            {
                total += c;
            }

            foreach (var c in counts)
            {
                bits -= c == 0 ? 0 : c * RateTables.Log2((double)c / total);
            }
        }

        return bits;
    }

    public long Total => Values.Sum();

    private static int Index(int table, int n, int states)
    {
        var parity = states > 1 ? n & 1 : 0;
        var k = states > 1 ? n >> 1 : n;
        return ((table + parity) * RateTables.Codes) + Math.Clamp(k, RateTables.Lowest, RateTables.Highest) - RateTables.Lowest;
    }
}
