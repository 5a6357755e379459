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

    /// <summary>The knob of what the pack holds now.</summary>
    private int? _written;

    /// <summary>Every candidate that was packed, once each, by its latest figures.</summary>
    public IEnumerable<PackResult> Results => _all.Select(t => t.Result);

    /// <param name="knob">What names the candidate: a step of λ, a width.</param>
    /// <param name="quantize">The form of each matrix; null: as the file has it.</param>
    /// <param name="how">How it was made, in words.</param>
    /// <param name="describe">Adds what the recipe knows of a tensor; null: nothing.</param>
    public PackResult Pack(int knob, Func<WeightRef, TiledMatrix?> quantize, string how, Func<ReportTensor, ReportTensor>? describe = null)
    {
        clock.Begin(Stage.Packing);
        var result = assembly.Write(pack, quantize, how, clock.Report);
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
