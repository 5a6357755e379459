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

    /// <summary>Bits of each code under the distribution that was counted, by class and parity; 0 for what never came.</summary>
    public float[] EntropyBits()
    {
        var bits = new float[Values.Length];
        for (var table = 0; table < Values.Length; table += RateTables.Codes)
        {
            long total = 0;
            foreach (var c in Values.AsSpan(table, RateTables.Codes))
            {
                total += c;
            }

            for (var i = table; i < table + RateTables.Codes; i++)
            {
                bits[i] = Values[i] == 0 ? 0 : (float)-RateTables.Log2((double)Values[i] / total);
            }
        }

        return bits;
    }

    /// <summary>What these codes cost at given prices.</summary>
    public double BitsUnder(float[] bits)
    {
        double total = 0;
        for (var i = 0; i < bits.Length; i++)
        {
            total += Values[i] * (double)bits[i];
        }

        return total;
    }

    /// <summary>Where code <paramref name="n"/> is counted; <paramref name="table"/> = 2 · class.</summary>
    public static int Index(int table, int n, int states)
    {
        var parity = states > 1 ? n & 1 : 0;
        var k = states > 1 ? n >> 1 : n;
        return ((table + parity) * RateTables.Codes) + Math.Clamp(k, RateTables.Lowest, RateTables.Highest) - RateTables.Lowest;
    }
}
