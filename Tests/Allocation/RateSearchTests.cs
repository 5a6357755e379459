using ModelPack.Compiler;
using ModelPack.Compiler.Allocation;

namespace ModelPack.Tests.Allocation;

public class RateSearchTests
{
    private const long Weights = 1_000_000;

    // Divergence ∝ λ^0.9, half a bit an octave: what real models do, nearly.
    private static FrontPoint Model(int step, double divergenceAtZero = 0.03, double bitsAtZero = 3.5)
    {
        var bits = Math.Max(0.5, bitsAtZero - (step / 64.0));
        return new(step, divergenceAtZero * Math.Pow(2, 0.9 * step / 32.0), bits, (long)(bits * Weights / 8) + 10_000, (long)((bits + 1) * Weights / 8));
    }

    [Theory]
    [InlineData(0.005)]
    [InlineData(0.03)]
    [InlineData(0.2)]
    public void A_divergence_is_reached_from_below(double target)
    {
        var search = new RateSearch(s => Model(s), Weights, 6);
        var point = search.ForDivergence(target);
        Assert.InRange(point.Divergence, 0.9 * target, target);
        Assert.True(search.Points.Count <= 4, $"{search.Points.Count} evaluations");
    }

    [Fact]
    public void Further_evaluations_are_spent_only_where_a_divergence_was_missed()
    {
        var missed = new RateSearch(s => Model(s), Weights, 1) { Further = 4 };
        Assert.True(missed.ForDivergence(0.001).Divergence <= 0.001);
        Assert.True(missed.Points.Count > 1);
        // The first point keeps to it, with much room: one evaluation was all that was allowed.
        var kept = new RateSearch(s => Model(s), Weights, 1) { Further = 4 };
        Assert.Equal(0, kept.ForDivergence(0.2).Step);
        Assert.Single(kept.Points);
    }

    [Fact]
    public void With_one_evaluation_the_first_point_is_the_answer() =>
        Assert.Equal(0, new RateSearch(s => Model(s), Weights, 1).ForDivergence(0.001).Step);

    [Fact]
    public void The_tightest_budget_decides()
    {
        var budget = new CompressionOptions { BitsPerWeight = 3, MaxSize = 350_000, MemoryBudget = 400_000 };
        var search = new RateSearch(s => Model(s), Weights, 6);
        var point = search.ForBudget(budget)!;
        Assert.InRange(point.ResidentBytes, 396_000, 400_000);
        Assert.True(point.PackBytes <= 350_000 && point.BitsRest <= 3);
    }

    [Fact]
    public void A_decode_speed_is_used_up()
    {
        // A second for 400,000 bytes of weights, and a tenth for the rest.
        FrontPoint Timed(int step) => Model(step) is var p ? p with { DecodeSpeed = 1 / (0.1 + (p.ResidentBytes / 400_000.0)) } : null!;
        var search = new RateSearch(Timed, Weights, 6);
        Assert.InRange(search.ForBudget(new() { DecodeSpeed = 1 })!.DecodeSpeed, 1, 1.01);
        Assert.InRange(new RateSearch(Timed, Weights, 6).ForBudget(new() { DecodeSpeed = 1, MaxSize = 250_000 })!.PackBytes, 240_000, 250_000);
    }

    [Fact]
    public void A_budget_that_cannot_be_met_gives_null_and_the_points_tried()
    {
        var search = new RateSearch(s => Model(s), Weights, 6);
        Assert.Null(search.ForBudget(new() { MaxSize = 1000 }));
        Assert.NotEmpty(search.Points);
    }

    [Fact]
    public void Steps_of_lambda_are_exact_octaves_and_floor_is_their_inverse()
    {
        Assert.Equal(2.0, RateStep.Factor(32), 1e-15);
        for (var step = -100; step <= 100; step += 7)
        {
            Assert.Equal(step, RateStep.Floor(RateStep.Factor(step) * 1.0001));
        }
    }
}
