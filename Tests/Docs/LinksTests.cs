using System.Text.RegularExpressions;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Docs;

public sealed partial class LinksTests
{
    public static TheoryData<string> Pages => [.. DocumentationFiles.All.Select(DocumentationFiles.Relative)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Relative_links_lead_to_files_and_headings_that_exist(string page)
    {
        var path = Repository.Path(page);
        foreach (Match link in Link().Matches(WithoutFences(File.ReadAllText(path))))
        {
            var target = link.Groups[1].Value;
            if (target.Contains("://", StringComparison.Ordinal))
            {
                continue;
            }

            var parts = target.Split('#', 2);
            var file = parts[0].Length == 0 ? path : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, parts[0]));
            Assert.True(File.Exists(file) || Directory.Exists(file), $"{page}: the link to '{target}' leads nowhere.");
            if (parts.Length == 2)
            {
                Assert.Contains(parts[1], Headings(file));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Paths_into_the_repository_exist(string page)
    {
        foreach (Match code in RepositoryPath().Matches(WithoutFences(File.ReadAllText(Repository.Path(page)))))
        {
            var path = code.Groups[1].Value;
            // X stands for a name that a reader chooses.
            if (!path.Contains("/X.", StringComparison.Ordinal))
            {
                Assert.True(File.Exists(Repository.Path(path)) || Directory.Exists(Repository.Path(path)), $"{page} speaks of '{path}', which does not exist.");
            }
        }
    }

    [Fact]
    public void Every_page_in_docs_can_be_reached_from_the_readme()
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>([Repository.Path("README.md")]);
        while (open.TryPop(out var page))
        {
            if (!reached.Add(page))
            {
                continue;
            }

            foreach (Match link in Link().Matches(WithoutFences(File.ReadAllText(page))))
            {
                var target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value.Split('#')[0]));
                if (target.EndsWith(".md", StringComparison.Ordinal) && File.Exists(target))
                {
                    open.Push(target);
                }
            }
        }

        Assert.Empty(DocumentationFiles.All.Except(reached).Select(DocumentationFiles.Relative));
    }

    private static string WithoutFences(string text) => Fenced().Replace(text.ReplaceLineEndings("\n"), "");

    /// <summary>A page's headings as the anchors that GitHub makes of them.</summary>
    private static IEnumerable<string> Headings(string file) => WithoutFences(File.ReadAllText(file)).Split('\n')
        .Where(line => line.StartsWith('#'))
        .Select(line => NoAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:Runtime|Compiler|Generator|Tasks|Tests|bench|sample-app|eng|docs)/[\w./-]+)`")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"^ *```.*?^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();
}
