using ModelPack.Compiler.Allocation;

namespace ModelPack.Tests.Allocation;

public class SimilarityPrunedAnnealingTests
{
    // A bowl with its floor at 3, −2, 1, −1, … plus a little that the proxy does not see.
    private static double Objective(int[] state, bool exact)
    {
        var sum = 0.0;
        for (var i = 0; i < state.Length; i++)
        {
            var d = state[i] - ((i % 2 == 0 ? 1 : -1) * (3 - (i % 3)));
            sum += d * d;
        }

        return sum + (exact ? 0.05 * Math.Sin(37.0 * state.Sum()) : 0);
    }

    private static SimilarityPrunedAnnealing Annealing(bool prunes, List<int[]>? evaluated = null) => new()
    {
        Dimensions = 8,
        Minimum = -4,
        Maximum = 4,
        Evaluate = s =>
        {
            evaluated?.Add(s);
            return Objective(s, exact: true);
        },
        Proxy = s => Objective(s, exact: false),
        Noise = 0.1,
        Temperature = 0.05,
        MaxEvaluations = int.MaxValue,
        MaxProposals = 1500,
        Prunes = prunes,
    };

    [Fact]
    public void Pruning_reaches_the_same_floor_with_a_fifth_of_the_evaluations()
    {
        var (_, without) = Annealing(prunes: false).Run(new int[8], TestContext.Current.CancellationToken);
        var (best, with) = Annealing(prunes: true).Run(new int[8], TestContext.Current.CancellationToken);
        Assert.True(with.Best <= without.Best + 0.15, $"{with} against {without}");
        Assert.True(5 * with.FullEvaluations <= with.Proposals, with.ToString());
        Assert.True(Objective(best, exact: true) < 1, string.Join(',', best));
    }

    [Fact]
    public void Two_runs_are_the_same_and_stay_in_range()
    {
        List<int[]> first = [], second = [];
        Annealing(true, first).Run(new int[8], TestContext.Current.CancellationToken);
        Annealing(true, second).Run(new int[8], TestContext.Current.CancellationToken);
        Assert.Equal(first, second);
        Assert.All(first, s => Assert.All(s, v => Assert.InRange(v, -4, 4)));
    }

    [Fact]
    public void It_ends_when_cancelled() => Assert.Throws<OperationCanceledException>(() => Annealing(true).Run(new int[8], new CancellationToken(true)));
}
