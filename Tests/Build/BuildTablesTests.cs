using System.Xml.Linq;
using ModelPack.Tasks.Items;

namespace ModelPack.Tests.Build;

/// <summary>Tables that must agree: metadata in code, props and docs.</summary>
public sealed class BuildTablesTests
{
    [Fact]
    public void Every_metadatum_has_a_project_wide_property_and_a_row_in_the_docs()
    {
        var definitions = XDocument.Load(Repository.Path("Tasks", "build", "ModelPack.props")).Descendants("ItemDefinitionGroup").Elements("CompressedModel").Elements()
            .ToDictionary(e => e.Name.LocalName, e => e.Value);
        var docs = File.ReadAllText(Repository.Path("docs", "items-and-properties.md"));
        foreach (var metadatum in Metadatum.All)
        {
            Assert.Equal($"$(ModelPack{metadatum.Name})", definitions[metadatum.Name]);
            Assert.Contains($"| `{metadatum.Name}` |", docs);
        }

        Assert.Equal(Metadatum.All.Length, definitions.Count);
    }
}
