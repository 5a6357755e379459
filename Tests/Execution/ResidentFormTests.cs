using ModelPack.Compiler;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Compiler.Stages;
using ModelPack.Execution;
using ModelPack.Tests.Graph;
using ModelPack.Tests.Models;

namespace ModelPack.Tests.Execution;

/// <summary>A real model with trellis codes, in both resident forms: the same logits; which form is chosen, and what it takes.</summary>
public sealed unsafe class ResidentFormTests
{
    private static readonly Lazy<PackedModel> s_stories = new(Pack);
    private static readonly int[] s_prompt = PackedModel.Ids(70, 512);
    private static readonly int[] s_decode = PackedModel.Ids(5, 512, seed: 2);

    [Fact]
    public void The_logits_have_the_same_bits_in_both_forms_on_every_rung()
    {
        var expected = Logits(new() { ResidentForm = ResidentForm.Compact, Threads = 1 });
        foreach (var rung in KernelSets.Supported)
        {
            foreach (var threads in (int[])[1, 3])
            {
                PackedModel.AssertSameBits(expected, Logits(new() { ResidentForm = ResidentForm.Expanded, Threads = threads, Kernels = rung }));
            }
        }

        PackedModel.AssertSameBits(expected, Logits(new() { ResidentForm = ResidentForm.Compact, Threads = 2, Preload = true }));
        PackedModel.AssertSameBits(
            Logits(new() { ResidentForm = ResidentForm.Compact, FloatActivations = true }), Logits(new() { ResidentForm = ResidentForm.Expanded, FloatActivations = true }));
    }

    [Fact]
    public void Sizes_are_exact_once_weights_are_decoded_and_never_less()
    {
        using LoadedModel compact = Open(new() { ResidentForm = ResidentForm.Compact }), expanded = Open(new() { ResidentForm = ResidentForm.Expanded });
        var matrices = compact.Weights.Count(w => w.Rows > 1);
        var bound = 0L;
        for (var i = 0; i < compact.Weights.Count; i++)
        {
            Weight c = compact.Weights[i], e = expanded.Weights[i];
            var before = e.ResidentBytes;
            bound += before;
            Assert.Equal(c.Dequantize(), e.Dequantize());
            // 512 bytes a tile of 64 × 64 at most.
            var tiles = (c.Rows + 63) / 64 * ((c.Columns + 63) / 64);
            Assert.InRange(e.ResidentBytes, c.ResidentBytes, before);
            Assert.Equal(c.ResidentBytes + (c.Rows > 1 ? 512 * tiles : 0), before);
        }

        Assert.True(expanded.Statistics.WeightBytes > compact.Statistics.WeightBytes + (512 * matrices / 2));
        Assert.InRange(expanded.Statistics.WeightBytes, 1, bound);
        Assert.Equal(expanded.Statistics.WeightBytes, expanded.Statistics.DecodedBytes);
        Assert.Equal(compact.Statistics.WeightBytes, compact.Statistics.DecodedBytes);
    }

    [Fact]
    public void Auto_expands_where_memory_allows_it()
    {
        long small = Bytes(new() { ResidentForm = ResidentForm.Compact }), large = Bytes(new() { ResidentForm = ResidentForm.Expanded });
        Assert.True(small < large);
        Assert.Equal(large, Bytes(new()));

        // The build's budget, for weights alone.
        Assert.Equal(large, Bytes(new(), budget: large));
        Assert.Equal(small, Bytes(new(), budget: large - 1));
        Assert.Equal(large, Bytes(new() { ResidentForm = ResidentForm.Expanded }, budget: 1));

        // The application's limit, for positions too.
        Assert.Equal(large, Bytes(new() { MaxMemoryBytes = 1L << 30 }));
        Assert.Equal(small, Bytes(new() { MaxMemoryBytes = 1 << 20 }));
        Assert.Equal(small, Bytes(new() { MaxMemoryBytes = 1 << 20, ContextLength = 1 }));
    }

    [Fact]
    public void Auto_stays_compact_on_the_rungs_that_the_build_names()
    {
        long Chosen(ModelOptions options, params KernelSet[] compactFor)
        {
            using var model = Open(options, compactFor: compactFor);
            return model.Weights.Sum(w => w.ResidentBytes);
        }

        long small = Bytes(new() { ResidentForm = ResidentForm.Compact }), large = Bytes(new());
        Assert.Equal(small, Chosen(new() { Kernels = KernelSet.Scalar }, KernelSet.Avx512, KernelSet.Scalar));
        Assert.Equal(large, Chosen(new() { Kernels = KernelSet.Scalar }, KernelSet.Avx512));
        Assert.Equal(large, Chosen(new() { Kernels = KernelSet.Scalar, ResidentForm = ResidentForm.Expanded }, KernelSet.Scalar));
        Assert.Equal(small, Chosen(new(), KernelSets.Resolve(KernelSet.Auto)));
    }

    [Fact]
    public void A_sequence_that_fills_the_context_fits_where_auto_expanded()
    {
        // The least limit that auto expands under.
        long low = 1 << 20, high = 1L << 30;
        var large = Bytes(new());
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = Bytes(new() { MaxMemoryBytes = middle }) == large ? (low, middle) : (middle, high);
        }

        using var model = Open(new() { MaxMemoryBytes = high, Threads = 2 });
        using var session = model.CreateSession(new PlanInterpreter(s_stories.Value.Plan, model.Weights));
        Assert.True(model.Tokenizer.VocabularySize > 0);
        session.Evaluate(PackedModel.Ids(session.ContextLength, session.VocabularySize));
        Assert.Equal(session.ContextLength, session.Length);
    }

    private static PackedModel Pack()
    {
        using var folder = new Tests.Build.TemporaryFolder();
        var text = folder["text"];
        // Half of the vocabulary are bytes, which stories never use: rows without weight would all become the same few codes, and half of the logits equal.
        var bytes = string.Concat(Enumerable.Range(0, 600).Select(i => char.ConvertFromUtf32(i % 3 == 0 ? 0x1F300 + i : 0xA1 + (37 * i))));
        File.WriteAllText(text, bytes + File.ReadAllText(SharedData.Path("text/tinystories-30k.txt"))[..20_000]);
        using var source = ModelSource.Open(GoldenStory.ModelPath);
        using var stream = new MemoryStream();
        var options = new CompileOptions("Tiny", "App", null) { Compression = new() { Quality = QualityTarget.Parse("0.2"), Calibration = [text] } };
        var result = ModelCompiler.Pack(source, options, stream, 2, StageClock.Silent, TestContext.Current.CancellationToken);
        Assert.Contains(result.Plan.Formats, f => f == "tiled trellis8");
        return new(result.Plan, stream.ToArray());
    }

    private static float[] Logits(ModelOptions options) => s_stories.Value.Interpret(options, s_prompt, s_decode);

    private static long Bytes(ModelOptions options, long budget = 0)
    {
        using var model = Open(options, budget);
        return model.Weights.Sum(w => w.ResidentBytes);
    }

    private static LoadedModel Open(ModelOptions options, long budget = 0, params KernelSet[] compactFor)
    {
        var packed = s_stories.Value;
        var memory = new NativeBuffer(packed.Pack.Length);
        packed.Pack.CopyTo(new Span<byte>(memory.Pointer, packed.Pack.Length));
        var shape = Compiler.Cli.InterpretedModel.ShapeOf(packed.Plan) with { MemoryBudget = budget, CompactFor = compactFor };
        return LoadedModel.Open(memory.Pointer, packed.Pack.Length, "test", packed.Plan.PackHash, shape, options, memory);
    }
}
