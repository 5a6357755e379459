using ModelPack.Compiler.Cli;

namespace ModelPack.Tests.Models;

/// <summary>A published model with quantised weights against float32 golden outputs: nothing of the file is lost, and int8 activations cost what they may.</summary>
[Trait("Lane", "models")]
public sealed class SmolLm2Tests(SmolLm2Fixture model, ITestOutputHelper output) : IClassFixture<SmolLm2Fixture>
{
    [Fact]
    public void Prompts_and_chats_have_the_golden_tokens()
    {
        var tokenizer = model.Int8.Tokenizer;
        Assert.Equal(7, model.Prompts.Count);
        Assert.All(model.Prompts, p => Assert.Equal(p.Ids, tokenizer.Encode(p.Text, addSpecial: false, parseSpecial: p.IsChat)));
        Assert.All(model.Prompts, p => Assert.Equal(p.Ids, tokenizer.Encode(p.Text)));
    }

    [Fact]
    public void With_float_activations_the_greedy_continuations_and_the_logits_before_them_are_golden()
    {
        using var session = model.Compiled.CreateSession(model.Float);
        var next = new int[1];
        var worst = 0f;
        foreach (var prompt in model.Prompts)
        {
            session.Truncate(0);
            ReadOnlySpan<float> logits = session.Evaluate(prompt.Ids);
            for (var i = 0; i < logits.Length; i++)
            {
                worst = Math.Max(worst, Math.Abs(logits[i] - prompt.LastLogits[i]));
            }

            Assert.True(worst <= 1e-3f, $"{prompt.Name}: a logit is {worst} off");
            var continuation = new List<int>();
            while (continuation.Count < prompt.Greedy.Length)
            {
                continuation.Add(Sampling.Best(logits));
                next[0] = continuation[^1];
                logits = session.Evaluate(next);
            }

            Assert.Equal(prompt.Greedy, continuation);
        }

        output.WriteLine($"logits at the last positions are at most {worst} from golden");
    }

    [Fact]
    public void With_float_activations_the_likelihood_of_wikitext_is_golden() => Likelihood(model.Figures.Float, 0.0005);

    [Fact]
    public void With_int8_activations_the_likelihood_of_wikitext_is_near_golden() => Likelihood(model.Figures.Int8, 0.02);

    [Fact]
    public void Int8_activations_diverge_little_from_float_ones()
    {
        var d = model.Figures.Divergence;
        output.WriteLine($"KL divergence float || int8: mean {d.Mean:F6}, 99% {d.Percentile(0.99):F6}; same best token {d.Top1:P2}; perplexity {d.Perplexity:F4}, float {d.ReferencePerplexity:F4}");
        Assert.InRange(d.Mean, 0, 0.005);
    }

    /// <summary>
    /// Teacher-forced over the golden continuations. Golden has logits for each prompt's last position only; behind it the margin comes from our float activations,
    /// whose logits are golden to 1e-3 (the test above, 6e-5 as measured) and whose best tokens are the golden continuation.
    /// </summary>
    [Fact]
    public void With_int8_activations_the_best_token_is_golden_wherever_the_margin_is_above_one_half()
    {
        const float Margin = 0.5f;
        using var floats = model.Compiled.CreateSession(model.Float);
        using var int8 = model.Compiled.CreateSession(model.Int8);
        var vocabulary = floats.VocabularySize;
        int clear = 0, all = 0, agree = 0;
        foreach (var prompt in model.Prompts)
        {
            int[] ids = [.. prompt.Ids, .. prompt.Greedy[..^1]];
            float[] expected = new float[ids.Length * vocabulary], logits = new float[ids.Length * vocabulary];
            floats.Truncate(0);
            floats.EvaluateAll(ids, expected);
            int8.Truncate(0);
            int8.EvaluateAll(ids, logits);
            for (var i = 0; i < prompt.Greedy.Length; i++)
            {
                var at = prompt.Ids.Length - 1 + i;
                var reference = i == 0 ? prompt.LastLogits : expected.AsSpan(at * vocabulary, vocabulary);
                var (best, margin) = BestAndMargin(reference);
                Assert.Equal(prompt.Greedy[i], best);
                var ours = Sampling.Best(logits.AsSpan(at * vocabulary, vocabulary));
                all++;
                agree += ours == best ? 1 : 0;
                clear += margin > Margin ? 1 : 0;
                Assert.True(ours == best || margin <= Margin, $"{prompt.Name}, token {i}: best is {ours}, golden {best} by a margin of {margin}");
            }
        }

        output.WriteLine($"{all} positions, {clear} of them with a margin above {Margin}; the same best token in {agree}");
        Assert.InRange(clear, all / 2, all);
    }

    private static (int Best, float Margin) BestAndMargin(ReadOnlySpan<float> logits)
    {
        var best = Sampling.Best(logits);
        var second = float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            second = i == best ? second : Math.Max(second, logits[i]);
        }

        return (best, logits[best] - second);
    }

    private void Likelihood(double[] means, double tolerance)
    {
        var golden = model.Windows.Select(w => (double)w.Nll.Average(n => (double)n)).ToArray();
        output.WriteLine($"mean NLL: {string.Join(", ", means.Select(m => $"{m:F6}"))}; golden {string.Join(", ", golden.Select(m => $"{m:F6}"))}; overall {means.Average() - golden.Average():+0.000000;-0.000000}");
        Assert.All(means.Zip(golden), pair => Assert.InRange(pair.First - pair.Second, -tolerance, tolerance));
        Assert.InRange(means.Average() - golden.Average(), -tolerance, tolerance);
    }
}
