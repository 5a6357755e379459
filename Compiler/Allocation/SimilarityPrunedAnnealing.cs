using System.Globalization;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Allocation;

/// <summary>How an annealing went: the counts behind "fewer full evaluations".</summary>
/// <param name="Proposals">Candidates drawn, also those that change nothing or leave the range.</param>
/// <param name="FullEvaluations">Those that were evaluated in full; without pruning those that were passed over would have been, too.</param>
/// <param name="Pruned">Those passed over because their proxy was as close to a rejected candidate's as noise.</param>
/// <param name="Revisited">Those whose full value was known already.</param>
/// <param name="Accepted">Moves made.</param>
/// <param name="First">Value of the start.</param>
/// <param name="Best">Value of the best state.</param>
internal sealed record AnnealingCounts(int Proposals, int FullEvaluations, int Pruned, int Revisited, int Accepted, double First, double Best)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"annealing: {Proposals} proposals, {FullEvaluations} evaluated in full, {Pruned} passed over for their proxy, {Revisited} seen before, {Accepted} accepted, {First:G4} -> {Best:G4}");
}

/// <summary>
/// Simulated annealing over integer vectors with an expensive objective and a cheap proxy of it. A proposal is passed over, as a rejection, when its proxy is
/// as close to that of a candidate that was evaluated and rejected as measured noise: it would very likely be rejected, too
/// (similarity-pruned annealing, after "Pre-processing matters", arXiv 2404.11161).
/// </summary>
internal sealed class SimilarityPrunedAnnealing
{
    /// <summary>Dimensions, and the range of each.</summary>
    public required int Dimensions { get; init; }

    public required int Minimum { get; init; }

    public required int Maximum { get; init; }

    /// <summary>The objective, to be made small: expensive.</summary>
    public required Func<int[], double> Evaluate { get; init; }

    /// <summary>A cheap estimate of the objective.</summary>
    public required Func<int[], double> Proxy { get; init; }

    /// <summary>Proxies that are closer than this tell nothing apart: the measured scatter of (objective − proxy).</summary>
    public required double Noise { get; init; }

    /// <summary>Temperature at the start, in units of the objective; falls geometrically to a hundredth.</summary>
    public required double Temperature { get; init; }

    /// <summary>Ends after this many full evaluations …</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>… or this many proposals.</summary>
    public required int MaxProposals { get; init; }

    /// <summary>Whether proposals are pruned at all (a comparison without).</summary>
    public bool Prunes { get; init; } = true;

    /// <param name="start">The first state; not changed.</param>
    /// <param name="cancellation">Looked at before each proposal.</param>
    /// <returns>The best state that was evaluated, and the counts.</returns>
    public (int[] Best, AnnealingCounts Counts) Run(int[] start, CancellationToken cancellation)
    {
        var random = new Xoshiro256(0x5EED);
        var current = (int[])start.Clone();
        var value = Evaluate(current);
        var known = new Dictionary<string, double> { [Key(current)] = value };
        var rejected = new List<double>();
        var (best, bestValue, first) = ((int[])current.Clone(), value, value);
        int proposals = 0, evaluations = 1, pruned = 0, revisited = 0, accepted = 0;
        for (; proposals < MaxProposals && evaluations < MaxEvaluations; proposals++)
        {
            cancellation.ThrowIfCancellationRequested();
            // ln 100: a hundredth at the end.
            var temperature = Temperature * DeterministicMath.Exp(-4.605170185988092 * proposals / MaxProposals);
            var candidate = Move(current, ref random);
            if (candidate is null)
            {
                continue;
            }

            if (known.TryGetValue(Key(candidate), out var candidateValue))
            {
                revisited++;
            }
            else
            {
                var proxy = Proxy(candidate);
                if (Prunes && rejected.Exists(r => Math.Abs(r - proxy) <= Noise))
                {
                    pruned++;
                    continue;
                }

                candidateValue = Evaluate(candidate);
                evaluations++;
                known[Key(candidate)] = candidateValue;
                if (candidateValue >= value)
                {
                    rejected.Add(proxy);
                }
            }

            if (candidateValue < value || random.NextUnit() < DeterministicMath.Exp((value - candidateValue) / temperature))
            {
                current = candidate;
                value = candidateValue;
                accepted++;
                // What was rejected from the old state says nothing of the new one.
                rejected.Clear();
                if (value < bestValue)
                {
                    (best, bestValue) = ((int[])current.Clone(), value);
                }
            }
        }

        return (best, new(proposals, evaluations, pruned, revisited, accepted, first, bestValue));
    }

    /// <summary>One coordinate up or down by one, or one up and another down; null where that leaves the range.</summary>
    private int[]? Move(int[] from, ref Xoshiro256 random)
    {
        var to = (int[])from.Clone();
        var up = (int)(random.NextUnit() * Dimensions);
        var step = random.NextUnit() < 0.5 ? 1 : -1;
        to[up] += step;
        if (random.NextUnit() < 0.5)
        {
            to[(int)(random.NextUnit() * Dimensions)] -= step;
        }

        return to.AsSpan().SequenceEqual(from) || to.Any(v => v < Minimum || v > Maximum) ? null : to;
    }

    private static string Key(int[] state) => string.Join(',', state);
}
