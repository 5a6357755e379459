using System.Text;

namespace ModelPack.Bench;

/// <summary>Where W comes from, and what is multiplied.</summary>
internal enum Place
{
    L2,
    Memory,
    Gemm,
}

/// <summary>A column of the table.</summary>
internal readonly record struct RateColumn(KernelSet Set, Place Place, int Threads);

/// <summary>The best rate of each weight in each column.</summary>
internal sealed class RateTable(IReadOnlyList<RateColumn> columns)
{
    private readonly List<(string Name, double Bits, Dictionary<RateColumn, double> Rates)> _rows = [];

    /// <summary>Keeps a rate, in weights a second, if it is the best so far.</summary>
    /// <param name="name">The row.</param>
    /// <param name="bits">Resident bits of a weight, everything included.</param>
    public void Add(string name, double bits, RateColumn column, double rate)
    {
        var row = _rows.Find(r => r.Name == name);
        if (row.Name is null)
        {
            _rows.Add(row = (name, bits, []));
        }

        row.Rates[column] = Math.Max(rate, row.Rates.GetValueOrDefault(column));
    }

    public override string ToString() => Print("  ", "", "");

    public string ToMarkdown() => Print(" | ", "| ", " |");

    private string Print(string between, string before, string after)
    {
        var names = Math.Max(8, _rows.Max(r => r.Name.Length));
        string[] heads = [.. columns.Select(c => $"{c.Set} {c.Place} ×{c.Threads}")];
        var text = new StringBuilder();
        Line("weight".PadRight(names), "bits", h => heads[h]);
        if (before.Length > 0)
        {
            Line(new('-', names), "---:", h => new string('-', heads[h].Length - 1) + ":");
        }

        foreach (var (name, bits, rates) in _rows)
        {
            Line(name.PadRight(names), $"{bits,4:F2}", h => $"{rates[columns[h]] / 1e9:F1}".PadLeft(heads[h].Length));
        }

        return text.ToString();

        void Line(string name, string bits, Func<int, string> cell) =>
            text.Append(before).AppendJoin(between, [name, bits, .. Enumerable.Range(0, columns.Count).Select(cell)]).AppendLine(after);
    }
}
