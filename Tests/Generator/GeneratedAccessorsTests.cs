using System.Reflection;
using System.Runtime.CompilerServices;
using ModelPack.Plan;

namespace ModelPack.Tests.Generator;

/// <summary>The printed views of weights, compiled, loaded and run: each gives the weight that the shape says.</summary>
public class GeneratedAccessorsTests
{
    [Fact]
    public void Every_accessor_of_a_layer_or_group_gives_the_weight_of_the_shape()
    {
        var plan = SamplePlan.Plan();
        var irregular = plan.Shape.Accessors.Select(a => a.Path switch
        {
            "Layers.Attention.Norm" => a with { Weights = new([-1, 10]) },
            "Layers.Attention.Query" => a with { Weights = new([11, 2]) },
            _ => a,
        });
        var shape = plan.Shape with { Accessors = new(irregular.Append(new("Output.Head.Gain", new([19])))) };
        new GeneratorHost().WithShape(PlanText.Write(shape)).RunAndCompile(out var assembly);
        var type = Assembly.Load(assembly).GetType("My.App.Tiny")!;
        Weight[] weights = [.. shape.Weights.Select(_ => (Weight)RuntimeHelpers.GetUninitializedObject(typeof(Weight)))];

        foreach (var accessor in shape.Accessors.Where(a => a.Path.Contains('.', StringComparison.Ordinal)))
        {
            var parts = accessor.Path.Split('.');
            for (var i = 0; i < accessor.Weights.Count; i++)
            {
                var view = parts[0] == "Layers" ? NewView(type, "Layer", weights, i) : NewView(type, parts[0] + "Weights", [weights]);
                Assert.Same(accessor.Weights[i] < 0 ? null : weights[accessor.Weights[i]], Walk(view, parts[1..]));
            }
        }
    }

    [Fact]
    public void The_list_of_layers_counts_indexes_and_enumerates()
    {
        new GeneratorHost().WithShape(SamplePlan.ShapeText).RunAndCompile(out var assembly);
        var layers = (System.Collections.IEnumerable)NewView(Assembly.Load(assembly).GetType("My.App.Tiny")!, "LayerList", [Array.Empty<Weight>()])!;
        var item = layers.GetType().GetProperty("Item")!;
        Assert.Equal(2, layers.GetType().GetProperty("Count")!.GetValue(layers));
        Assert.Equal(2, layers.Cast<object>().Count());
        foreach (var index in (int[])[-1, 2])
        {
            var thrown = Assert.Throws<TargetInvocationException>(() => item.GetValue(layers, [index]));
            Assert.IsType<ArgumentOutOfRangeException>(thrown.InnerException);
        }
    }

    private static object? Walk(object? view, string[] parts) => parts.Aggregate(view, (v, part) => v!.GetType().GetProperty(part)!.GetValue(v));

    private static object? NewView(Type type, string name, params object[] arguments) =>
        Activator.CreateInstance(type.GetNestedType(name)!, BindingFlags.Instance | BindingFlags.NonPublic, null, arguments, null);
}
