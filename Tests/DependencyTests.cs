extern alias generator;

using System.Reflection;
using Basic.Reference.Assemblies;
using ModelPack.Compiler;
using ModelPack.Tasks;

namespace ModelPack.Tests;

/// <summary>Holds the table of ARCHITECTURE.md: what each project may depend on.</summary>
public sealed class DependencyTests
{
    private static readonly string[] s_baseClassLibrary = [.. Net100.ReferenceInfos.All.Select(r => Path.GetFileNameWithoutExtension(r.FileName)), "System.Private.CoreLib"];

    /// <summary>What netstandard2.0 is, and the few assemblies beside it that Roslyn brings along.</summary>
    private static readonly string[] s_netStandard =
        ["netstandard", "System.Memory", "System.Buffers", "System.Collections.Immutable", "System.Runtime.CompilerServices.Unsafe", "System.Threading.Tasks.Extensions"];

    [Fact]
    public void Runtime_depends_on_the_base_class_library_ZstdSharp_and_System_IO_Hashing() =>
        AssertOnly(typeof(TextModel).Assembly, [.. s_baseClassLibrary, "ZstdSharp", "System.IO.Hashing"]);

    [Fact]
    public void Compiler_depends_on_Runtime_and_on_what_that_depends_on() =>
        AssertOnly(typeof(ModelCompiler).Assembly, [.. s_baseClassLibrary, "ModelPack.Runtime", "ZstdSharp", "System.IO.Hashing"]);

    [Fact]
    public void Generator_depends_on_Roslyn_alone() =>
        AssertOnly(typeof(generator::ModelPack.Generator.ModelPackGenerator).Assembly, [.. s_netStandard, "Microsoft.CodeAnalysis", "Microsoft.CodeAnalysis.CSharp"]);

    [Fact]
    public void Tasks_depend_on_MSBuild_alone() =>
        AssertOnly(typeof(CompileModel).Assembly, [.. s_netStandard, "Microsoft.Build.Framework", "Microsoft.Build.Utilities.Core"]);

    [Fact]
    public void No_public_name_of_the_runtime_knows_a_model_family()
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var names = typeof(TextModel).Assembly.GetExportedTypes().SelectMany(t => t.GetMembers(Declared).Select(m => $"{t.FullName}.{m.Name}")).ToArray();
        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, n => n.Contains("llama", StringComparison.OrdinalIgnoreCase));
    }

    private static void AssertOnly(Assembly assembly, IReadOnlyCollection<string> allowed)
    {
        var references = assembly.GetReferencedAssemblies().Select(a => a.Name!).ToArray();
        Assert.NotEmpty(references);
        var more = references.Except(allowed, StringComparer.Ordinal).ToArray();
        Assert.True(more.Length == 0, $"{assembly.GetName().Name} refers to {string.Join(", ", more)}, which the table of ARCHITECTURE.md does not allow.");
    }
}
