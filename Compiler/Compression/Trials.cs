using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Report;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>Candidates of a recipe, each packed and, where that is wanted, measured; in the end the pack is the chosen one.</summary>
/// <param name="assembly">Writes packs.</param>
/// <param name="heldOut">Measures them.</param>
/// <param name="pack">Holds the last candidate.</param>
/// <param name="clock">Told what is done.</param>
internal sealed class Trials(PackAssembly assembly, HeldOutPacks heldOut, Stream pack, StageClock clock)
{
    private readonly List<(int Knob, PackResult Result)> _all = [];

    private static readonly Dictionary<string, float[]> NoVectors = [];

    /// <summary>The knob of what the pack holds now.</summary>
    private int? _written;

    /// <summary>Every candidate that was packed, once each, by its latest figures.</summary>
    public IEnumerable<PackResult> Results => _all.Select(t => t.Result);

    /// <param name="knob">What names the candidate: a step of λ, a width.</param>
    /// <param name="quantize">The form of each matrix; null: as the file has it.</param>
    /// <param name="how">How it was made, in words.</param>
    /// <param name="describe">Adds what the recipe knows of a tensor; null: nothing.</param>
    /// <param name="vectors">Vectors that are not the file's, by name; null: none.</param>
    public PackResult Pack(
        int knob, Func<WeightRef, TiledMatrix?> quantize, string how, Func<ReportTensor, ReportTensor>? describe = null, IReadOnlyDictionary<string, float[]>? vectors = null)
    {
        clock.Begin(Stage.Packing);
        var result = assembly.Write(pack, quantize, vectors ?? NoVectors, how, clock.Report);
        _written = knob;
        return Keep(knob, describe is null ? result : result with { Tensors = [.. result.Tensors.Select(describe)] });
    }

    /// <summary>Measures what was packed last.</summary>
    public PackResult Measure(int knob)
    {
        clock.Begin(Stage.Measuring);
        var result = Of(knob);
        return Keep(knob, heldOut.Measured(pack, result, result.How));
    }

    /// <summary>Packs and measures a candidate that a step of λ names.</summary>
    /// <param name="step">It.</param>
    /// <param name="packAt">Packs it.</param>
    public FrontPoint Evaluate(int step, Action<int> packAt)
    {
        packAt(step);
        var result = Measure(step);
        return new(step, result.Divergence!.Value, result.BitsRest, result.BytesOut, result.ResidentBytes) { DecodeSpeed = result.DecodeSpeed ?? 0 };
    }

    /// <summary>Searches λ for what the options ask; the pack is then the chosen candidate.</summary>
    /// <param name="search">Calls <see cref="Evaluate"/>.</param>
    /// <param name="options">Quality or budget.</param>
    /// <param name="packAt">Packs the candidate of a step.</param>
    /// <exception cref="ModelPackException">MP3009: neither quality nor budget can be kept to.</exception>
    /// <returns>The chosen step and its figures.</returns>
    public (int Step, PackResult Result) Search(RateSearch search, CompressionOptions options, Action<int> packAt)
    {
        var chosen = search.For(options);
        if (chosen is null || !Budget.IsMet(options, Of(chosen.Step)))
        {
            throw Budget.Unreachable(options, Results.MinBy(r => r.BytesOut)!);
        }

        if (!options.Quality.IsSource && chosen.Divergence > options.Quality.Divergence)
        {
            throw Budget.QualityUnreachable(options, Results);
        }

        return (chosen.Step, Choose(chosen.Step, () => packAt(chosen.Step)));
    }

    /// <summary>The figures of the chosen candidate, with all others beside it.</summary>
    /// <param name="knob">Which.</param>
    /// <param name="again">Packs it again, where the pack holds another by now.</param>
    public PackResult Choose(int knob, Action again)
    {
        var chosen = Of(knob);
        var front = _all.Where(t => t.Result.Divergence is not null)
            .Select((t, i) => new ReportPoint($"evaluation {i + 1}", t.Result.BitsRest, t.Result.Divergence!.Value, t.Knob == knob)).ToArray();
        if (_written != knob)
        {
            again();
        }

        return chosen with { Front = front };
    }

    public PackResult Of(int knob) => _all.Find(t => t.Knob == knob).Result;

    private PackResult Keep(int knob, PackResult result)
    {
        var index = _all.FindIndex(t => t.Knob == knob);
        if (index < 0)
        {
            _all.Add((knob, result));
        }
        else
        {
            _all[index] = (knob, result);
        }

        return result;
    }
}
