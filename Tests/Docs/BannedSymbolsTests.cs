using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Docs;

/// <summary>Runtime/BannedSymbols.txt: a line that names nothing would ban nothing, silently.</summary>
public sealed class BannedSymbolsTests
{
    private static readonly (string Id, string Reason)[] s_banned =
    [
        .. File.ReadLines(Repository.Path("Runtime", "BannedSymbols.txt")).Where(l => l.Length > 0 && !l.StartsWith("//", StringComparison.Ordinal))
            .Select(l => (l.Split(';', 2)[0], l.Split(';', 2).ElementAtOrDefault(1) ?? "")),
    ];

    [Fact]
    public void Every_line_names_a_symbol_and_says_why()
    {
        var compilation = CSharpCompilation.Create("Check", references: Net100.References.All);
        // Its package is not referenced, and is not to be.
        var ids = s_banned.Select(b => b.Id).Where(id => id != "T:System.Numerics.Tensors.TensorPrimitives").ToArray();
        Assert.True(ids.Length > 100);
        Assert.DoesNotContain(ids, id => DocumentationCommentId.GetSymbolsForDeclarationId(id, compilation).IsEmpty);
        Assert.All(s_banned, b => Assert.True(b.Reason.Length > 20, $"{b.Id} has no reason"));
        Assert.Distinct(s_banned.Select(b => b.Id));
    }

    [Theory]
    [InlineData("M:System.MathF.Exp(System.Single)")]
    [InlineData("M:System.Math.Pow(System.Double,System.Double)")]
    [InlineData("M:System.MathF.ReciprocalSqrtEstimate(System.Single)")]
    [InlineData("M:System.Runtime.Intrinsics.Vector128.Sum``1(System.Runtime.Intrinsics.Vector128{``0})")]
    public void What_differs_between_machines_is_banned(string id) => Assert.Contains(id, s_banned.Select(b => b.Id));

    [Fact]
    public void Runtime_is_built_with_the_analyzer_and_nothing_is_excepted()
    {
        var project = File.ReadAllText(Repository.Path("Runtime", "ModelPack.Runtime.csproj"));
        Assert.Contains("<PackageReference Include=\"Microsoft.CodeAnalysis.BannedApiAnalyzers\"", project, StringComparison.Ordinal);
        Assert.Contains("<AdditionalFiles Include=\"BannedSymbols.txt\" />", project, StringComparison.Ordinal);
        var sources = Directory.EnumerateFiles(Repository.Path("Runtime"), "*.cs", SearchOption.AllDirectories);
        Assert.DoesNotContain(sources, f => File.ReadAllText(f).Contains("RS0030", StringComparison.Ordinal));
    }
}
