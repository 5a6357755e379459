namespace ModelPack.Compiler.Quantize;

/// <summary>Estimates what is coded beside the codes: entropies of exponents and classes, orders as the labels by which a stable sort gives them.</summary>
internal static class SideInformation
{
    /// <summary>Bits of row steps, row order, classes of row groups and columns, and widths.</summary>
    public static double Own(TiledMatrix matrix)
    {
        int[] run = Runs(matrix.RowOrder), columnRun = Runs(matrix.ColumnOrder);
        return Entropy(run) + Conditional(matrix.RowExponents, run) + Entropy(matrix.RowClasses) + Conditional(matrix.ColumnClasses, columnRun) + Entropy([.. matrix.Widths.Select(w => (int)w)]);
    }

    /// <summary>Bits of column order and scales, which matrices with the same input share.</summary>
    public static double Columns(TiledMatrix matrix)
    {
        var run = Runs(matrix.ColumnOrder);
        return Entropy(run) + Conditional(matrix.ColumnExponents, run);
    }

    /// <summary>The ascending run in which each position lies: a stable sort of the sources by it is the order.</summary>
    private static int[] Runs(int[] order)
    {
        var runs = new int[order.Length];
        for (var p = 1; p < order.Length; p++)
        {
            runs[p] = runs[p - 1] + (order[p] < order[p - 1] ? 1 : 0);
        }

        return runs;
    }

    private static double Conditional(int[] values, int[] given) => Entropy([.. values.Select((v, i) => (v, given[i]))]) - Entropy(given);

    private static double Entropy<T>(T[] values)
        where T : notnull => -values.GroupBy(v => v).Sum(g => g.Count() * RateTables.Log2((double)g.Count() / values.Length));
}
