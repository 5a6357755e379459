using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Tests.Models;

namespace ModelPack.Tests.Execution;

/// <summary>A weight is decoded when it is first needed, once, whoever needs it and however many at a time; the results are those of a model decoded in advance.</summary>
public sealed class OnFirstNeedTests
{
    private static readonly CompressedModel s_stories = new(GoldenStory.ModelPath);
    private static readonly int[] s_prompt = [1, 403, 407, 261, 378, 20, 31, 77, 300, 5, 9, 12];

    [Fact]
    public void Loading_decodes_nothing_an_accessor_its_weight_and_a_prompt_all()
    {
        using var model = s_stories.Open(s_stories.Bytes, new() { Threads = 1 });
        Assert.Equal(0, model.Statistics.DecodedBytes);
        Assert.Equal(model.Weights.Sum(w => w.ResidentBytes), model.Statistics.WeightBytes);

        model.Weights[3].Dequantize();
        model.Weights[3].Dequantize();
        Assert.Equal(model.Weights[3].ResidentBytes, model.Statistics.DecodedBytes);

        using var session = s_stories.CreateSession(model);
        session.Evaluate(s_prompt);
        Assert.Equal(model.Statistics.WeightBytes, model.Statistics.DecodedBytes);
        Assert.True(model.Statistics.DecodeSeconds > 0);
        Assert.True(model.Statistics.DecodeWaitSeconds > 0);
    }

    [Fact]
    public void Preloading_decodes_everything()
    {
        using var model = s_stories.Open(s_stories.Bytes, new() { Threads = 3, Preload = true });
        Assert.Equal(model.Statistics.WeightBytes, model.Statistics.DecodedBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_logits_have_the_same_bits_as_those_of_a_model_used_in_place_or_decoded_in_advance(int threads)
    {
        var expected = Logits(s_stories.Stored, new() { Threads = 1, Preload = true });
        Assert.Equal(expected, Logits(s_stories.Bytes, new() { Threads = threads, Preload = true }));
        Assert.Equal(expected, Logits(s_stories.Bytes, new() { Threads = threads }));
        Assert.Equal(expected, Logits(s_stories.Stored, new() { Threads = threads }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Sessions_that_begin_at_once_share_the_work(int threads)
    {
        const int Sessions = 6;
        var expected = Logits(s_stories.Stored, new() { Threads = 1 });
        for (var round = 0; round < 20; round++)
        {
            using var model = s_stories.Open(s_stories.Bytes, new() { Threads = threads });
            using var start = new Barrier(Sessions);
            var all = await Task.WhenAll(Enumerable.Range(0, Sessions).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    using var session = s_stories.CreateSession(model);
                    start.SignalAndWait();
                    return session.Evaluate(s_prompt).ToArray();
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            Assert.All(all, logits => Assert.Equal(expected, logits));

            // More would mean that a chunk was decoded twice.
            Assert.Equal(model.Statistics.WeightBytes, model.Statistics.DecodedBytes);
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(3, false)]
    public unsafe void MP5002_damage_is_found_where_it_is_needed_and_at_every_use(int threads, bool compressed)
    {
        var pack = (compressed ? s_stories.Bytes : s_stories.Stored).ToArray();
        string name;
        fixed (byte* p = pack)
        {
            var opened = Pack.Open(p, pack.Length, "test");
            var tensor = opened.Tensors.Last(t => t.Rows > 1);
            name = tensor.Name;
            p[opened.Segments[tensor.Segment].Chunks[0].Offset + 5] ^= 1;
        }

        using var model = s_stories.Open(pack, new() { Threads = threads });
        using var session = s_stories.CreateSession(model);
        for (var i = 0; i < 3; i++)
        {
            var error = Assert.Throws<ModelPackException>(() => session.Evaluate(s_prompt));
            Assert.Equal("MP5002", error.Code);
            Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
            Assert.Equal(0, session.Length);
        }

        var damaged = model.Weights.Single(w => w.Name == name);
        Assert.Equal("MP5002", Assert.Throws<ModelPackException>(() => damaged.Dequantize()).Code);
        Assert.All(model.Weights.Where(w => w != damaged), w => Assert.NotEmpty(w.Dequantize()));
        Assert.Equal("MP5002", Assert.Throws<ModelPackException>(() => s_stories.Open(pack, new() { Threads = threads, Preload = true })).Code);
    }

    [Fact]
    public unsafe void MP5002_a_damaged_tokenizer_is_found_when_it_is_needed()
    {
        var pack = s_stories.Bytes.ToArray();
        fixed (byte* p = pack)
        {
            p[Pack.Open(p, pack.Length, "test").Find(SegmentKind.Tokenizer)!.Offset + 20] ^= 4;
        }

        using var model = s_stories.Open(pack, new() { Threads = 1 });
        Assert.Equal("MP5002", Assert.Throws<ModelPackException>(() => model.Tokenizer).Code);
        Assert.Equal("MP5002", Assert.Throws<ModelPackException>(() => model.Tokenizer).Code);
    }

    [Fact]
    public void After_disposing_weights_and_tokenizer_say_so()
    {
        var model = s_stories.Open(s_stories.Bytes, new() { Threads = 2 });
        var (decoded, never) = (model.Weights[0], model.Weights[1]);
        decoded.Dequantize();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => decoded.Dequantize());
        Assert.Throws<ObjectDisposedException>(() => never.Dequantize());
        Assert.Throws<ObjectDisposedException>(() => model.Tokenizer);
    }

    private static float[] Logits(byte[] pack, ModelOptions options)
    {
        using var model = s_stories.Open(pack, options);
        using var session = s_stories.CreateSession(model);
        return session.Evaluate(s_prompt).ToArray();
    }
}
