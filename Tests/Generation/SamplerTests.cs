using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Generation;

public class SamplerTests
{
    [Theory]
    [InlineData(new[] { 1f, 3f, 2f }, 1)]
    [InlineData(new[] { 3f, 1f, 3f }, 0)]
    [InlineData(new[] { float.NegativeInfinity, -5f, -5f }, 1)]
    [InlineData(new[] { -0f, 0f }, 0)]
    public void Greedy_takes_the_greatest_logit_and_the_lowest_id_among_equals(float[] logits, int expected) =>
        Assert.Equal(expected, Sample(logits, new()));

    [Fact]
    public void Greedy_finds_the_best_wherever_it_stands()
    {
        for (var length = 1; length < 70; length++)
        {
            for (var best = 0; best < length; best++)
            {
                var logits = Enumerable.Repeat(-1f, length).ToArray();
                logits[best] = -0.5f;
                logits[^1] = Math.Max(logits[^1], best % 2 == 0 ? -0.5f : -1f);
                Assert.Equal(best, Sample(logits, new()));
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_logit_that_is_no_number_is_an_error_wherever_it_stands(float bad)
    {
        foreach (var place in new[] { 0, 7, 31, 32, 33 })
        {
            var logits = new float[34];
            logits[place] = bad;
            var e = Assert.Throws<ModelPackException>(() => Sample(logits, new()));
            Assert.Equal("MP5205", e.Code);
            Assert.Contains($"token {place} ", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Logits_that_are_all_minus_infinity_are_an_error() =>
        Assert.Equal("MP5205", Assert.Throws<ModelPackException>(() => Sample([float.NegativeInfinity, float.NegativeInfinity], new())).Code);

    [Theory]
    [InlineData(1f, 0, 1f, 0f)]
    [InlineData(0.5f, 40, 1f, 0f)]
    [InlineData(2f, 1, 1f, 0f)]
    [InlineData(1f, 2, 1f, 0f)]
    [InlineData(1f, 999, 1f, 0f)]
    [InlineData(1f, 5000, 1f, 0f)]
    [InlineData(0.8f, 0, 0.9f, 0f)]
    [InlineData(0.8f, 0, 0.999999f, 0f)]
    [InlineData(0.8f, 0, 0f, 0f)]
    [InlineData(0.8f, 0, 1e-6f, 0f)]
    [InlineData(1.3f, 0, 1f, 0.05f)]
    [InlineData(1.3f, 0, 1f, 1f)]
    [InlineData(0.7f, 50, 0.95f, 0.02f)]
    [InlineData(100f, 300, 0.5f, 0.001f)]
    public void Filters_leave_the_same_tokens_and_probabilities_as_the_plain_loops(float temperature, int topK, float topP, float minP)
    {
        var options = new GenerateOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP };
        var sampler = new Sampler(1000);
        for (var seed = 0UL; seed < 20; seed++)
        {
            var logits = FakeSession.RandomLogits(1000, seed);
            Coarsen(logits, seed);
            sampler.Start(options, seed);
            var candidates = sampler.Filter(logits, logits.Max());
            var expected = ReferenceSampler.Distribution(logits, temperature, topK, topP, minP);

            Assert.Equal(expected.Keys, candidates.Ids.Take(candidates.Count));
            var total = candidates.TotalWeight();
            Assert.All(expected.Values.Zip(candidates.Weights), p => Assert.Equal(p.First, p.Second / total, 1e-12));
        }
    }

    [Theory]
    [InlineData(1.3f)]
    [InlineData(0.5f)]
    public void The_repetition_penalty_equals_the_plain_loops_one(float penalty)
    {
        int[] recent = [3, 5, 3, 3, 99, 0];
        var penalise = new RepetitionPenalty(100);
        for (var seed = 0UL; seed < 10; seed++)
        {
            var logits = FakeSession.RandomLogits(100, seed);
            var expected = ReferenceSampler.Penalise(logits, recent, penalty);
            penalise.Apply(logits, recent, penalty);
            Assert.Equal(expected, logits);
        }
    }

    [Fact]
    public void The_repetition_penalty_changes_the_greedy_choice() =>
        Assert.Equal(1, Sample([2f, 1.9f], new() { RepetitionPenalty = 1.5f }, 0, 0, 0));

    [Fact]
    public void Draws_follow_the_distribution()
    {
        float[] logits = [0f, 1f, 2f, -1f, 1.5f, float.NegativeInfinity];
        var expected = ReferenceSampler.Distribution(logits, 0.8f, 0, 1f, 0f);
        var sampler = new Sampler(6);
        sampler.Start(new() { Temperature = 0.8f }, 42);
        const int Draws = 20_000;
        var counts = new int[6];
        for (var i = 0; i < Draws; i++)
        {
            counts[sampler.Sample((float[])logits.Clone(), [])]++;
        }

        // Five standard deviations of the binomial distribution; the seed is fixed, so this does not vary.
        Assert.All(expected, p => Assert.Equal(p.Value * Draws, counts[p.Key], 5 * Math.Sqrt(Draws * p.Value * (1 - p.Value))));
        Assert.Equal(0, counts[5]);
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(float.Epsilon)]
    public void The_lowest_temperatures_are_greedy_among_unequal_logits(float temperature)
    {
        var logits = FakeSession.RandomLogits(500, 3);
        Assert.Equal(Sample((float[])logits.Clone(), new()), Sample(logits, new() { Temperature = temperature }));
    }

    [Fact]
    public void Extreme_logits_are_drawn_from_without_trouble()
    {
        float[] logits = [float.MaxValue, float.MinValue, float.NegativeInfinity];
        Assert.Equal(0, Sample(logits, new() { Temperature = 100, TopP = 0.99f, MinP = 0.1f, TopK = 2 }));
    }

    /// <summary>These ids are part of the promise that a seed gives the same text on every machine and in every version.</summary>
    [Fact]
    public void A_seed_gives_these_very_tokens_and_the_plain_loops_give_them_too()
    {
        const ulong Seed = 20260726;
        var sampler = new Sampler(1000);
        sampler.Start(new() { Temperature = 0.9f, TopK = 200, TopP = 0.95f, MinP = 0.01f, RepetitionPenalty = 1.1f }, Seed);
        var random = new Xoshiro256(Seed);
        var (actual, expected) = (new List<int>(), new List<int>());
        for (var i = 0UL; i < 12; i++)
        {
            var penalised = ReferenceSampler.Penalise(FakeSession.RandomLogits(1000, i), actual, 1.1f);
            expected.Add(ReferenceSampler.Draw(ReferenceSampler.Distribution(penalised, 0.9f, 200, 0.95f, 0.01f), random.NextUnit()));
            actual.Add(sampler.Sample(FakeSession.RandomLogits(1000, i), actual.ToArray()));
        }

        Assert.Equal(expected, actual);
        Assert.Equal([405, 479, 227, 619, 148, 137, 672, 615, 709, 443, 95, 53], actual);
    }

    [Fact]
    public void Nothing_is_allocated_per_token()
    {
        var sampler = new Sampler(2000);
        sampler.Start(new() { Temperature = 0.9f, TopK = 100, TopP = 0.9f, MinP = 0.01f, RepetitionPenalty = 1.1f }, 1);
        var (source, logits) = (FakeSession.RandomLogits(2000, 1), new float[2000]);
        long before = 0;
        for (var i = 0; i < 20; i++)
        {
            before = i == 10 ? GC.GetAllocatedBytesForCurrentThread() : before;
            source.CopyTo(logits, 0);
            sampler.Sample(logits, [1, 2, 3]);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static int Sample(float[] logits, GenerateOptions options, params int[] recent)
    {
        var sampler = new Sampler(logits.Length);
        sampler.Start(options, 1);
        return sampler.Sample(logits, recent);
    }

    /// <summary>Half of the cases get many equal logits.</summary>
    private static void Coarsen(float[] logits, ulong seed)
    {
        for (var i = 0; seed % 2 == 1 && i < logits.Length; i++)
        {
            logits[i] = MathF.Round(logits[i] * 2) / 2;
        }
    }
}
