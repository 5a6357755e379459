using System.Reflection;
using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Tests.Generator;

/// <summary>The catalogue of operations and the methods of the runtime's Executor are one list.</summary>
public class KernelCatalogTests
{
    [Fact]
    public void The_catalogue_has_the_operations_of_the_executor()
    {
        var methods = typeof(Executor).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(m => m.ReturnType == typeof(void) && !m.IsSpecialName && m.Name != nameof(IDisposable.Dispose))
            .Select(m => m.Name);
        Assert.Equal(methods.Order(StringComparer.Ordinal), KernelCatalog.All.Select(r => r.Op));
    }

    [Fact]
    public void Parameters_have_the_names_and_the_kinds_of_the_methods()
    {
        foreach (var row in KernelCatalog.All)
        {
            var parameters = typeof(Executor).GetMethod(row.Op)!.GetParameters();
            Assert.Equal(parameters.Select(p => (p.Name!, KindOf(p))), row.Parameters.Select(p => (p.Name, p.Kind)));
        }
    }

    private static KernelParameterKind KindOf(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var t when t == typeof(Activations) => KernelParameterKind.Activations,
        var t when t == typeof(Weight) && new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.Nullable => KernelParameterKind.OptionalWeight,
        var t when t == typeof(Weight) => KernelParameterKind.Weight,
        var t when t == typeof(ReadOnlySpan<Weight>) => KernelParameterKind.Weights,
        var t when t == typeof(int) => KernelParameterKind.Integer,
        var t when t == typeof(float) => KernelParameterKind.Float,
        var t when t == typeof(bool) => KernelParameterKind.Boolean,
        var t => throw new InvalidOperationException($"no kind for {t}"),
    };
}
