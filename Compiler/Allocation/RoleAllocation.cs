using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Quantize;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Allocation;

/// <summary>
/// Divides bits among the kinds of matrix of a model: λ of each role beside the model's own. First by a Lagrangian: what quantising each role alone costs in divergence is measured, and at the best
/// division every role takes as large a part of the divergence as of the weights (D ∝ 4^(−bits), so dD/dbits is equal there). Then by a simulated annealing around that, on the quantised model itself.
/// </summary>
internal sealed class RoleAllocation
{
    /// <summary>A step is half an octave of λ: smaller ones change less than can be measured.</summary>
    private const int StepsPerOctave = 2;

    /// <summary>Two octaves from what the recipe has.</summary>
    private const int Range = 2 * StepsPerOctave;

    private const int Proposals = 64;
    private const double Ln2 = 0.6931471805599453;

    private readonly QuantizerOptions _options;
    private readonly Func<IReadOnlyDictionary<string, IWeightRows>, double[]> _divergence;
    private readonly CancellationToken _cancellation;
    private readonly LinearRole[] _roles;
    private readonly MatrixInput[][] _inputs;
    private readonly double[] _shares;
    private readonly double[] _alone;

    /// <summary>Each role at the steps used last, the latest first: a whole model is too large to keep more.</summary>
    private readonly List<RoleState>[] _recent;

    /// <summary>Divisions that were measured: a search comes back to its start.</summary>
    private readonly List<(int[] State, double Value, double[] Windows)> _known = [];

    /// <param name="inputs">All matrices.</param>
    /// <param name="roles">What each does, by its name.</param>
    /// <param name="options">λ and the rest, as the model is quantised.</param>
    /// <param name="divergence">Mean divergence of each window where these weights replace the model's own, with float activations.</param>
    /// <param name="cancellation">Ends the work.</param>
    public RoleAllocation(
        IReadOnlyList<MatrixInput> inputs,
        IReadOnlyDictionary<string, LinearRole> roles,
        QuantizerOptions options,
        Func<IReadOnlyDictionary<string, IWeightRows>, double[]> divergence,
        CancellationToken cancellation)
    {
        (_options, _divergence, _cancellation) = (options, divergence, cancellation);
        var byRole = inputs.GroupBy(i => roles.GetValueOrDefault(i.Name, LinearRole.Other)).OrderBy(g => g.Key).ToArray();
        _roles = [.. byRole.Select(g => g.Key)];
        _inputs = [.. byRole.Select(g => g.ToArray())];
        double total = inputs.Sum(i => i.Weights);
        _shares = [.. _inputs.Select(g => g.Sum(i => i.Weights) / total)];
        _alone = new double[_roles.Length];
        _recent = [.. _roles.Select(_ => new List<RoleState>())];
    }

    /// <summary><see cref="SimilarityPrunedAnnealing.Prunes"/>.</summary>
    public bool Prunes { get; init; } = true;

    /// <summary>Divergence that each role's quantisation alone adds, at the recipe's own division; after <see cref="Run"/>.</summary>
    public IReadOnlyDictionary<LinearRole, double> Sensitivities => _roles.Zip(_alone).ToDictionary(p => p.First, p => p.Second);

    /// <summary>Measures and searches.</summary>
    /// <param name="maxEvaluations">Whole models that may be quantised and measured.</param>
    /// <param name="progress">Told the part done.</param>
    /// <returns>λ of each role beside the model's, and how it went; the recipe's own division where nothing was better by more than noise.</returns>
    public (IReadOnlyDictionary<LinearRole, double> Factors, AnnealingCounts Counts) Run(int maxEvaluations, Action<double> progress)
    {
        var start = new int[_roles.Length];
        double done = 0, work = _roles.Length + maxEvaluations;
        var first = Objective(start, out var startWindows);
        for (var r = 0; r < _roles.Length; r++)
        {
            _cancellation.ThrowIfCancellationRequested();
            _alone[r] = Math.Max(_divergence(State(r, 0).Values).Average(), 1e-12);
            progress(++done / work);
        }

        var proposed = Lagrangian();
        var value = Objective(proposed, out var windows);
        // Where the Lagrangian changes nothing, a neighbour tells how much windows scatter.
        var noise = proposed.AsSpan().SequenceEqual(start) ? EqualBits.Scatter(Neighbour(start), startWindows) : EqualBits.Scatter(windows, startWindows);
        var best = value < first - noise ? proposed : start;
        var annealing = new SimilarityPrunedAnnealing
        {
            Dimensions = _roles.Length,
            Minimum = -Range,
            Maximum = Range,
            Evaluate = state =>
            {
                var result = Objective(state, out _);
                progress(Math.Min(1, ++done / work));
                return result;
            },
            Proxy = Proxy,
            Noise = noise,
            Temperature = noise,
            MaxEvaluations = maxEvaluations,
            MaxProposals = Proposals,
            Prunes = Prunes,
        };
        var (found, counts) = annealing.Run(best, _cancellation);
        var chosen = counts.Best < Math.Min(value, first) - noise ? found : best;
        return (_roles.Select((role, r) => (role, chosen[r])).ToDictionary(p => p.role, p => Factor(p.Item2)), counts with { First = first });
    }

    private static double Factor(int step) => Octaves.Power(step, StepsPerOctave);

    /// <summary>Every role's part of the divergence as large as its part of the weights.</summary>
    private int[] Lagrangian()
    {
        var sum = _alone.Sum();
        return [.. _alone.Select((d, r) => Math.Clamp(Octaves.Round(_shares[r] * sum / d, StepsPerOctave), -Range, Range))];
    }

    /// <summary>ln divergence at equal bits, were the divergences of roles to add up and be proportional to λ: what costs nothing to compute.</summary>
    private double Proxy(int[] state)
    {
        double divergence = 0, bits = 0;
        for (var r = 0; r < state.Length; r++)
        {
            divergence += _alone[r] * Factor(state[r]);
            bits -= _shares[r] * state[r] / (2.0 * StepsPerOctave);
        }

        return EqualBits.Objective(divergence, bits);
    }

    /// <summary>Windows' divergences where the largest role is a step coarser.</summary>
    private double[] Neighbour(int[] start)
    {
        var state = (int[])start.Clone();
        state[Array.IndexOf(_shares, _shares.Max())]++;
        Objective(state, out var windows);
        return windows;
    }

    /// <summary>ln divergence + ln 4 · bits of the quantised model: the same for all points of one front.</summary>
    private double Objective(int[] state, out double[] windows)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_known.Find(k => k.State.AsSpan().SequenceEqual(state)) is { State: not null } known)
        {
            windows = known.Windows;
            return known.Value;
        }

        var replaced = new Dictionary<string, IWeightRows>();
        double bits = 0;
        for (var r = 0; r < state.Length; r++)
        {
            var of = State(r, state[r]);
            bits += _shares[r] * of.Bits;
            foreach (var (name, values) in of.Values)
            {
                replaced.Add(name, values);
            }
        }

        windows = _divergence(replaced);
        var value = EqualBits.Objective(windows.Average(), bits);
        _known.Add(((int[])state.Clone(), value, windows));
        return value;
    }

    /// <summary>A role's matrices quantised at a step; the two used last are kept.</summary>
    private RoleState State(int role, int step)
    {
        var recent = _recent[role];
        var state = recent.Find(s => s.Step == step) ?? Quantize(role, step);
        recent.Remove(state);
        recent.Insert(0, state);
        if (recent.Count > 2)
        {
            recent.RemoveAt(2);
        }

        return state;
    }

    private RoleState Quantize(int role, int step)
    {
        var inputs = _inputs[role].Select(i => i with { LambdaFactor = i.LambdaFactor * Factor(step) }).ToArray();
        var quantized = ModelQuantizer.Run(inputs, _options, _ => { }, _cancellation);
        return new(step, quantized.BitsRest, quantized.Rows());
    }

    private sealed record RoleState(int Step, double Bits, IReadOnlyDictionary<string, IWeightRows> Values);
}
