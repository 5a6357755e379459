using ModelPack.Compiler.Quantize;
using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>
/// Counts the codes of any number of tiled matrices and makes the tables that they share (<see cref="TiledTables"/>). What is counted and its order do not matter to
/// the result but by their sums.
/// </summary>
internal sealed class TiledTableSet
{
    /// <summary>About what a code beside costs: a varint of two or three bytes, and a byte.</summary>
    private const int BesideBits = 28;

    private readonly SortedDictionary<int, long[]> _counts = [];
    private ClassCoding?[]? _codings;
    private int _lowest;

    public TiledTableSet(int states) => States = states;

    /// <summary>1, 4 or 8.</summary>
    public int States { get; }

    /// <summary>Bits of all counted codes under their tables, raw bits and codes beside included.</summary>
    public double CodeBits { get; private set; }

    /// <summary>Adds a matrix's codes; not once tables have been made.</summary>
    /// <param name="matrix">It.</param>
    /// <param name="parallel">Threads and cancellation; the result does not depend on the threads.</param>
    public void Count(TiledMatrix matrix, ParallelOptions parallel)
    {
        if (matrix.States != States || _codings is not null)
        {
            throw new InvalidOperationException($"Tables of {States} states count matrices of {matrix.States}, before they are made.");
        }

        var stored = new StoredCodes(matrix);
        Parallel.For(
            0,
            matrix.RowGroups,
            parallel,
            () => new Dictionary<int, long[]>(),
            (group, _, counts) =>
            {
                Count(matrix, stored, group, counts);
                return counts;
            },
            counts =>
            {
                lock (_counts)
                {
                    foreach (var (sum, of) in counts)
                    {
                        Add(of, Counts(_counts, sum));
                    }
                }
            });
    }

    private static void Count(TiledMatrix matrix, StoredCodes stored, int group, Dictionary<int, long[]> counts)
    {
        Span<short> values = stackalloc short[TiledMatrix.TileRows];
        var lanes = TiledMatrix.TileRows / RansFormat.Vectors * ModelPack.Entropy.ColumnTables.VectorsOf(group, matrix.Rows);
        for (var column = 0; column < matrix.Columns; column++)
        {
            stored.Column(group, column, values);
            var of = Counts(counts, matrix.RowClasses[group] + matrix.ColumnClasses[column]);
            foreach (var value in values[..lanes])
            {
                of[value]++;
            }
        }
    }

    /// <summary>How codes of a class sum are coded.</summary>
    public ClassCoding Of(int sum)
    {
        Make();
        return _codings![Math.Clamp(sum - _lowest, 0, _codings.Length - 1)]!;
    }

    /// <summary>As a pack has them.</summary>
    public byte[] ToBytes()
    {
        Make();
        var to = new ByteSink();
        to.U8(States);
        to.U16((ushort)(short)_lowest);
        to.Varint(_codings!.Length);
        ClassCoding? last = null;
        foreach (var coding in _codings)
        {
            if (coding is null)
            {
                to.U8((int)TiledTables.Mode.Absent);
            }
            else if (ReferenceEquals(coding, last))
            {
                to.U8((int)TiledTables.Mode.AsBefore);
            }
            else
            {
                Write(to, last = coding);
            }
        }

        return to.ToArray();
    }

    private static void Write(ByteSink to, ClassCoding coding)
    {
        to.U8(coding.IsPair ? (int)TiledTables.Mode.Pair : (int)TiledTables.Mode.Single + coding.RawBits);
        FrequencyTable.Write(to, coding.First.Frequencies);
        if (coding.Second is { } second)
        {
            FrequencyTable.Write(to, second.Frequencies);
        }
    }

    private static long[] Counts(IDictionary<int, long[]> all, int sum)
    {
        if (!all.TryGetValue(sum, out var counts))
        {
            all[sum] = counts = new long[2 * StoredCodes.Values];
        }

        return counts;
    }

    private static void Add(long[] counts, long[] to)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            to[i] += counts[i];
        }
    }

    private void Make()
    {
        if (_codings is not null)
        {
            return;
        }

        if (_counts.Count == 0)
        {
            throw new InvalidOperationException("No codes were counted.");
        }

        // A window of classes that holds most codes; those outside take the nearest.
        var sums = _counts.Keys.ToArray();
        _lowest = sums.Where(s => s <= sums[^1]).MaxBy(s => (_counts.Where(p => p.Key >= s && p.Key < s + TiledTables.MaxClasses).Sum(p => p.Value.Sum()), -s));
        var highest = sums.Last(s => s < _lowest + TiledTables.MaxClasses);
        var merged = new long[]?[highest - _lowest + 1];
        foreach (var (sum, counts) in _counts)
        {
            Add(counts, merged[Math.Clamp(sum, _lowest, highest) - _lowest] ??= new long[counts.Length]);
        }

        _codings = new ClassCoding?[merged.Length];
        foreach (var run in Runs(merged))
        {
            for (var i = run.First; i <= run.Last; i++)
            {
                _codings[i] = merged[i] is null ? null : run.Coding;
            }

            CodeBits += (double)run.CodeBits / (1 << CodeLength.FractionBits);
        }
    }

    /// <summary>Neighbouring classes with one coding.</summary>
    /// <param name="Counts">Of all of them.</param>
    /// <param name="CodeBits">What their codes take, in units of 2^−16.</param>
    /// <param name="Cost">That, and what the tables take.</param>
    private sealed record Run(int First, int Last, long[] Counts, ClassCoding Coding, Int128 CodeBits, Int128 Cost);

    /// <summary>Joins neighbours as long as that saves more of tables than it costs in codes: small models have few codes for many classes.</summary>
    private List<Run> Runs(long[]?[] counts)
    {
        var runs = new List<Run>();
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] is { } own)
            {
                runs.Add(RunOf(i, i, own));
            }
        }

        var joined = runs.Zip(runs.Skip(1), Join).ToList();
        while (joined.Count > 0)
        {
            var best = Enumerable.Range(0, joined.Count).MaxBy(Saved);
            if (Saved(best) <= 0)
            {
                break;
            }

            runs[best] = joined[best];
            runs.RemoveAt(best + 1);
            joined.RemoveAt(best);
            for (var i = Math.Max(0, best - 1); i <= best && i < joined.Count; i++)
            {
                joined[i] = Join(runs[i], runs[i + 1]);
            }
        }

        return runs;

        Int128 Saved(int i) => runs[i].Cost + runs[i + 1].Cost - joined[i].Cost;
    }

    private Run Join(Run a, Run b) => RunOf(a.First, b.Last, [.. a.Counts.Zip(b.Counts, (x, y) => x + y)]);

    private Run RunOf(int first, int last, long[] counts)
    {
        var (coding, bits) = Choose(counts);
        var table = new ByteSink();
        Write(table, coding);
        return new(first, last, counts, coding, bits, bits + ((Int128)(8 * table.ToArray().Length) << CodeLength.FractionBits));
    }

    private (ClassCoding Coding, Int128 Bits) Choose(long[] counts)
    {
        ClassCoding? best = null;
        Int128 least = 0;
        foreach (var (isPair, rawBits) in Modes())
        {
            var coding = ClassCoding.Make(counts, States, isPair, rawBits, out var bits, out var beside);
            var cost = bits + ((Int128)(beside * BesideBits) << CodeLength.FractionBits);
            if (best is null || cost < least)
            {
                (best, least) = (coding, cost);
            }
        }

        return (best!, least);
    }

    private IEnumerable<(bool IsPair, int RawBits)> Modes()
    {
        if (States != 1)
        {
            yield return (true, 0);
        }

        for (var raw = 0; raw <= TiledTables.MaxRawBits; raw++)
        {
            yield return (false, raw);
        }
    }
}
