using System.Text.RegularExpressions;
using ModelPack.Tasks.Items;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Docs;

public sealed class DocumentedItemsTests
{
    private static readonly string s_page = File.ReadAllText(Repository.Path("docs", "items-and-properties.md"));

    [Fact]
    public void Every_metadatum_has_a_row_and_a_project_wide_property_and_every_row_a_metadatum()
    {
        var rows = Regex.Matches(s_page, @"^\| `(\w+)` \| `ModelPack(\w+)` \|", RegexOptions.Multiline);
        Assert.All(rows, row => Assert.Equal(row.Groups[1].Value, row.Groups[2].Value));
        Assert.Equal(Metadatum.All.Select(m => m.Name).Order(StringComparer.Ordinal), rows.Select(r => r.Groups[1].Value).Order(StringComparer.Ordinal));

        var props = File.ReadAllText(Repository.Path("Tasks", "build", "ModelPack.props"));
        Assert.All(Metadatum.All, m => Assert.Contains($"<{m.Name}>$(ModelPack{m.Name})</{m.Name}>", props, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Embed", "Sidecar")]
    public void What_is_documented_as_refused_is_refused(string name, string value)
    {
        Assert.Equal(Verdict.NotYet, Metadatum.All.Single(m => m.Name == name).Judge(value));
        Assert.Matches($@"\| `{name}` \|.*MP1007 \|", s_page);
    }

    [Fact]
    public void Properties_that_the_targets_read_are_documented()
    {
        var targets = string.Concat(Directory.GetFiles(Repository.Path("Tasks", "build")).Select(File.ReadAllText));
        var properties = Regex.Matches(targets, @"\$\((ModelPack\w+)\)").Select(m => m.Groups[1].Value).Distinct().Where(p => !p.EndsWith("DependsOn", StringComparison.Ordinal));
        Assert.All(properties, p => Assert.Contains($"`{p}`", s_page, StringComparison.Ordinal));
    }
}
