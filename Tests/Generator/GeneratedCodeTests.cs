using Microsoft.CodeAnalysis;
using ModelPack.Plan;

namespace ModelPack.Tests.Generator;

public class GeneratedCodeTests
{
    [Fact]
    public void The_surface_of_a_small_llama_reads_like_this() => Snapshot.Matches("Tiny.g", Print(SamplePlan.Plan(), "My.App.Tiny.g.cs"));

    [Fact]
    public void The_forward_pass_of_a_small_llama_reads_like_this() => Snapshot.Matches("Tiny.Forward.g", Print(SamplePlan.Plan(), "My.App.Tiny.Forward.g.cs"));

    [Fact]
    public void Line_ends_are_LF_and_no_line_ends_in_a_blank()
    {
        foreach (var source in Generate(SamplePlan.Plan()).GeneratedSources.Select(s => s.SourceText.ToString()))
        {
            Assert.DoesNotContain('\r', source);
            Assert.All(source.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
        }
    }

    [Fact]
    public void Without_a_plan_the_types_are_the_same_and_the_forward_pass_only_throws()
    {
        var result = new GeneratorHost().WithShape(SamplePlan.ShapeText).RunAndCompile();
        Assert.Equal(Print(SamplePlan.Plan(), "My.App.Tiny.g.cs"), Source(result, "My.App.Tiny.g.cs"));
        Assert.Contains("throw new global::System.InvalidOperationException", Source(result, "My.App.Tiny.Forward.g.cs"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tiny", "")]
    [InlineData("Tiny", "My.class.@namespace")]
    [InlineData("record", "file.required")]
    [InlineData("Größe", "Ünïcode")]
    [InlineData("Model", "ModelPack.Samples")]
    [InlineData("Weight", "My.global.Weight")]
    public void Odd_names_of_classes_and_namespaces_compile(string name, string ns) => Compile(SamplePlan.Plan(name, ns.Replace("@", "", StringComparison.Ordinal)));

    [Fact]
    public void Buffers_and_slots_may_have_the_names_of_keywords_and_of_the_printed_locals()
    {
        var text = PlanText.Write(SamplePlan.Plan())
            .Replace("gateUp", "k", StringComparison.Ordinal)
            .Replace("qkv", "class", StringComparison.Ordinal)
            .Replace(" a ", " layer ", StringComparison.Ordinal)
            .Replace("AttentionQuery", "new", StringComparison.Ordinal)
            .Replace("template Layer", "template Run", StringComparison.Ordinal)
            .Replace("repeat Layer", "repeat Run", StringComparison.Ordinal);
        var source = Print(PlanText.ReadPlan(text).Value!, "My.App.Tiny.Forward.g.cs");
        Assert.Contains("var kBuffer = k.Buffer(", source, StringComparison.Ordinal);
        Assert.Contains("var @class = k.Buffer(", source, StringComparison.Ordinal);
        Assert.Contains("w.@new", source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_budget_reaches_the_runtime() => Assert.Contains(
        ", MemoryBudget: 48000000)", Print(SamplePlan.Plan() with { MemoryBudget = 48_000_000 }, "My.App.Tiny.Forward.g.cs"), StringComparison.Ordinal);

    [Fact]
    public void Rungs_that_keep_trellis_codes_reach_the_runtime() => Assert.Contains(
        ", CompactFor: [global::ModelPack.KernelSet.Avx2, global::ModelPack.KernelSet.Avx512])", Print(SamplePlan.Plan() with { CompactFor = new(["Avx2", "Avx512"]) }, "My.App.Tiny.Forward.g.cs"), StringComparison.Ordinal);

    [Fact]
    public void Hostile_text_closes_no_comment_string_or_doc_element()
    {
        const string Hostile = "*/ \" \\ </summary> \u202E \n#error \r\u2028#error ]]> -->";
        var plan = SamplePlan.Plan();
        var shape = plan.Shape with
        {
            Facts = new([new(Hostile, Hostile)]),
            Weights = new(plan.Shape.Weights.Select(w => w with { Name = Hostile + w.Name })),
        };
        Compile(plan with
        {
            Shape = shape,
            CompilerVersion = Hostile,
            Formats = new(plan.Formats.Select(_ => Hostile)),
            Buffers = new(plan.Buffers.Select(b => b with { Comment = Hostile })),
            Templates = new(plan.Templates.Select(t => t with { Calls = new(t.Calls.Select(c => c with { Comment = Hostile })) })),
        });
    }

    [Fact]
    public void Layers_of_two_kinds_in_turn_have_a_method_and_a_table_each()
    {
        var plan = SamplePlan.Plan();
        var layer = plan.Templates[0];
        var rows = plan.Steps[1].Repeat!.Rows;
        var mixed = plan with
        {
            Templates = new([layer, layer with { Name = "SlidingLayer" }]),
            Steps = new([plan.Steps[0], new(null, new("Layer", 0, new([rows[0]]))), new(null, new("SlidingLayer", 1, new([rows[1]]))), .. plan.Steps.Skip(2)]),
        };
        var source = Print(mixed, "My.App.Tiny.Forward.g.cs");
        Assert.Contains("Layer(k, 0, in _layers[0]);", source, StringComparison.Ordinal);
        Assert.Contains("SlidingLayer(k, 1, in _slidingLayers[0]);", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_follow_no_rule_or_are_missing_in_a_layer_come_from_a_table()
    {
        var plan = SamplePlan.Plan();
        var shape = plan.Shape with { Accessors = new(plan.Shape.Accessors.Select(a => a.Path == "Layers.Attention.Norm" ? a with { Weights = new([1, -1]) } : a)) };
        var rows = plan.Steps[1].Repeat!.Rows;
        EquatableArray<int>[] lacking = [rows[0], new([-1, 12, 11, .. rows[1].Skip(3)]), new([1, 3, 2, .. rows[0].Skip(3)])];
        var source = Print(
            plan with
            {
                Shape = shape with { Sizes = shape.Sizes with { CacheLayers = 3 } },
                Steps = new([plan.Steps[0], new(null, new("Layer", 0, new(lacking))), .. plan.Steps.Skip(2)]),
            },
            "My.App.Tiny.Forward.g.cs");
        Assert.Contains("indicesOfAttentionNorm = [1, -1, 1];", source, StringComparison.Ordinal);
        Assert.Contains("AttentionNorm = indicesOfAttentionNorm[i] < 0 ? null : w[indicesOfAttentionNorm[i]],", source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_one_layer_and_nested_global_accessors_compile()
    {
        var plan = SamplePlan.Plan();
        var accessors = plan.Shape.Accessors.Select(a => a.Path.StartsWith("Layers.", StringComparison.Ordinal) ? a with { Weights = new([a.Weights[0]]) } : a)
            .Append(new("Output.Head.Gain", new([2]))).Append(new("Output.Norm", new([3])));
        Compile(plan with { Shape = plan.Shape with { Accessors = new(accessors) } });
    }

    private static string Print(ModelPlan plan, string hint) => Source(Generate(plan), hint);

    private static void Compile(ModelPlan plan) => Assert.Equal(2, Generate(plan).GeneratedSources.Length);

    private static GeneratorRunResult Generate(ModelPlan plan) =>
        new GeneratorHost().WithShape(PlanText.Write(plan.Shape)).WithPlan(PlanText.Write(plan)).RunAndCompile();

    private static string Source(GeneratorRunResult result, string hint) => result.GeneratedSources.Single(s => s.HintName == hint).SourceText.ToString();
}
