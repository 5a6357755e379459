using System.IO.Hashing;
using System.Runtime.InteropServices;
using ModelPack.Execution;

namespace ModelPack.Tests.Models;

/// <summary>Decision 6 of the design on a real model: the same bits on every rung, on any number of threads, however the prompt is divided.</summary>
[Trait("Lane", "models")]
public sealed class SmolLm2BitsTests(SmolLm2BitsTests.Expected expected) : IClassFixture<SmolLm2BitsTests.Expected>
{
    private const int Tokens = 64;

    /// <summary>Odd, so that every kernel meets the remains of its blocks of tokens; single tokens take the decode path.</summary>
    private static readonly int[] s_batches = [7, 1, 23, 1, 3, 29];

    public static TheoryData<KernelSet, int, bool> Cases() =>
        [.. CompiledModel.RungsAndThreads().SelectMany(r => new[] { (r.Data.Item1, r.Data.Item2, false), (r.Data.Item1, r.Data.Item2, true) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public void All_logits_of_a_window_are_the_same_bits(KernelSet kernels, int threads, bool floatActivations)
    {
        Assert.Equal(Tokens, s_batches.Sum());
        using var model = expected.Model.Compiled.Load(new() { Kernels = kernels, Threads = threads, FloatActivations = floatActivations });
        using var session = expected.Model.Compiled.CreateSession(model);
        Assert.Equal(expected.Hash(floatActivations), Hash(Logits(session, expected.Window, s_batches)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_whole_prompt_at_once_gives_the_last_logits_that_its_tokens_give(bool floatActivations)
    {
        using var session = expected.Model.Compiled.CreateSession(floatActivations ? expected.Model.Float : expected.Model.Int8);
        var all = Logits(session, expected.Window, [Tokens]);
        session.Truncate(0);
        Assert.Equal(Hash(all.AsSpan(^session.VocabularySize..)), Hash(session.Evaluate(expected.Window)));
    }

    private static float[] Logits(DecoderSession session, ReadOnlySpan<int> ids, int[] batches)
    {
        var logits = new float[ids.Length * session.VocabularySize];
        var start = 0;
        foreach (var batch in batches)
        {
            session.EvaluateAll(ids.Slice(start, batch), logits.AsSpan(start * session.VocabularySize));
            start += batch;
        }

        return logits;
    }

    private static UInt128 Hash(ReadOnlySpan<float> logits) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(logits));

    /// <summary>What the others are compared with: the widest rung, two threads, one batch.</summary>
    public sealed class Expected : IDisposable
    {
        private readonly Lazy<UInt128> _float;
        private readonly Lazy<UInt128> _int8;

        public Expected()
        {
            _float = new(() => HashOf(Model.Float));
            _int8 = new(() => HashOf(Model.Int8));
        }

        internal SmolLm2Fixture Model { get; } = new();

        internal int[] Window => Model.Windows[0].Ids[..Tokens];

        internal UInt128 Hash(bool floatActivations) => (floatActivations ? _float : _int8).Value;

        public void Dispose() => Model.Dispose();

        private UInt128 HashOf(LoadedModel model)
        {
            using var session = Model.Compiled.CreateSession(model);
            return SmolLm2BitsTests.Hash(Logits(session, Window, [Tokens]));
        }
    }
}
