using System.Reflection;
using ModelPack.Compiler;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Import;

public sealed class ImportDiagnosticsTests
{
    [Fact]
    public void Every_import_code_has_a_row_in_the_docs_and_every_row_a_code()
    {
        var codes = typeof(CompilerCodes).GetFields(BindingFlags.Static | BindingFlags.Public)
            .Select(f => (string)f.GetRawConstantValue()!).Where(c => c.StartsWith("MP20", StringComparison.Ordinal)).Order().ToArray();
        var rows = File.ReadLines(Repository.Path("docs", "diagnostics", "import.md"))
            .Where(l => l.StartsWith("| MP", StringComparison.Ordinal)).Select(l => l.Split('|')[1].Trim()).Order().ToArray();

        Assert.NotEmpty(codes);
        Assert.Equal(codes, rows);
    }
}
