extern alias generator;

using generator::ModelPack.Generator;
using Microsoft.CodeAnalysis;
using ModelPack.Plan;
using static Microsoft.CodeAnalysis.IncrementalStepRunReason;

namespace ModelPack.Tests.Generator;

/// <summary>Which steps run again after which edit.</summary>
public class IncrementalTests
{
    private static readonly string[] s_steps =
    [
        GeneratorSteps.Files, GeneratorSteps.ParseShape, GeneratorSteps.ParsePlan, GeneratorSteps.Clashes, GeneratorSteps.Pair, GeneratorSteps.Orphans,
        GeneratorSteps.LookForRuntime, GeneratorSteps.Host, GeneratorSteps.EmitSurface, GeneratorSteps.EmitChat, GeneratorSteps.EmitForward,
    ];

    private readonly GeneratorHost _host = new GeneratorHost()
        .WithShape(SamplePlan.ShapeText)
        .WithPlan(PlanText.Write(SamplePlan.Plan()))
        .With("/app/readme.txt", "hello", kind: "");

    [Fact]
    public void The_first_run_does_every_step()
    {
        var result = _host.Run();
        Assert.All(s_steps, step => Assert.Equal([New], GeneratorHost.Reasons(result, step)));
        Assert.Equal(2, result.GeneratedSources.Length);
    }

    [Fact]
    public void An_edit_of_CSharp_runs_nothing_but_the_look_for_the_runtime()
    {
        var result = After(host => host.WithCSharp("class Other { int _field; int Get() => _field; }"));
        AssertReasons(result, [.. s_steps.Except([GeneratorSteps.LookForRuntime])], Cached);
        AssertReasons(result, GeneratorSteps.LookForRuntime, Unchanged);
        AssertOutputsCached(result);
    }

    [Fact]
    public void An_edit_of_an_unrelated_additional_file_runs_nothing()
    {
        var result = After(host => host.With("/app/readme.txt", "hello again", kind: ""));
        AssertReasons(result, s_steps, Cached);
        AssertOutputsCached(result);
    }

    [Fact]
    public void A_plan_written_anew_with_the_same_text_is_parsed_and_goes_no_further()
    {
        var result = After(host => host.WithPlan(PlanText.Write(SamplePlan.Plan())));
        AssertReasons(result, GeneratorSteps.Files, Cached, Modified);
        AssertReasons(result, GeneratorSteps.ParseShape, Cached);
        AssertReasons(result, GeneratorSteps.ParsePlan, Unchanged);
        AssertReasons(result, GeneratorSteps.EmitSurface, Cached);
        AssertOutputsCached(result);
    }

    [Fact]
    public void An_edit_of_the_plan_alone_prints_the_forward_pass_alone()
    {
        var result = After(host => host.WithPlan(PlanText.Write(SamplePlan.Plan() with { PackHash = new('f', 32) })));
        AssertReasons(result, GeneratorSteps.ParseShape, Cached);
        AssertReasons(result, GeneratorSteps.ParsePlan, Modified);
        AssertReasons(result, GeneratorSteps.Clashes, Cached);
        AssertReasons(result, GeneratorSteps.Pair, Modified);
        AssertReasons(result, GeneratorSteps.Orphans, Unchanged);
        AssertReasons(result, GeneratorSteps.Host, Cached);
        AssertReasons(result, GeneratorSteps.EmitSurface, Cached);
        AssertReasons(result, GeneratorSteps.EmitForward, Modified);
    }

    [Fact]
    public void An_edit_of_shape_and_plan_prints_both()
    {
        var plan = SamplePlan.Plan();
        var shape = plan.Shape with { Facts = new([.. plan.Shape.Facts, new("language", "English")]) };
        var result = After(host => host.WithShape(PlanText.Write(shape)).WithPlan(PlanText.Write(plan with { Shape = shape })));
        AssertReasons(result, GeneratorSteps.ParseShape, Modified);
        AssertReasons(result, GeneratorSteps.ParsePlan, Modified);
        AssertReasons(result, GeneratorSteps.Clashes, Unchanged);
        AssertReasons(result, GeneratorSteps.EmitSurface, Modified);
        AssertReasons(result, GeneratorSteps.EmitForward, Modified);
    }

    [Fact]
    public void A_second_model_leaves_the_first_as_it_is()
    {
        var other = SamplePlan.Plan("Other");
        var result = After(host => host.WithShape(PlanText.Write(other.Shape), "/app/obj/Other.shape").WithPlan(PlanText.Write(other), "/app/obj/Other.plan"));
        AssertReasons(result, GeneratorSteps.ParseShape, New, Cached);
        AssertReasons(result, GeneratorSteps.ParsePlan, New, Cached);
        AssertReasons(result, GeneratorSteps.Clashes, Unchanged);
        AssertReasons(result, GeneratorSteps.EmitSurface, New, Cached);
        AssertReasons(result, GeneratorSteps.EmitForward, New, Cached);
        Assert.Equal(4, result.GeneratedSources.Length);
    }

    private GeneratorRunResult After(Action<GeneratorHost> edit)
    {
        Assert.Empty(_host.Run().Diagnostics);
        edit(_host);
        var result = _host.Run();
        Assert.Empty(result.Diagnostics);
        return result;
    }

    private static void AssertReasons(GeneratorRunResult result, string step, params IncrementalStepRunReason[] expected)
    {
        var actual = GeneratorHost.Reasons(result, step);
        Assert.True(expected.Order().SequenceEqual(actual), $"{step}: expected {string.Join(", ", expected)}, got {string.Join(", ", actual)}");
    }

    private static void AssertReasons(GeneratorRunResult result, string[] steps, IncrementalStepRunReason reason) =>
        Assert.All(steps, step => AssertReasons(result, step, reason));

    private static void AssertOutputsCached(GeneratorRunResult result)
    {
        Assert.NotEmpty(result.TrackedOutputSteps);
        Assert.All(
            result.TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs),
            output => Assert.Equal(Cached, output.Reason));
    }
}
