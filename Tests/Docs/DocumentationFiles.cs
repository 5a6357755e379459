using System.Text.RegularExpressions;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Docs;

/// <summary>The repository's pages for people, and the fenced blocks in them.</summary>
internal static partial class DocumentationFiles
{
    /// <summary>Full paths of README, ARCHITECTURE and everything in docs.</summary>
    public static IEnumerable<string> All =>
    [
        Repository.Path("README.md"),
        Repository.Path("ARCHITECTURE.md"),
        .. Directory.GetFiles(Repository.Path("docs"), "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal),
    ];

    public static string Relative(string path) => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');

    /// <summary>Fenced blocks of a language, in order.</summary>
    public static IEnumerable<Fence> Fences(string path, string language) =>
        Blocks().Matches(File.ReadAllText(path).ReplaceLineEndings("\n"))
            .Where(m => m.Groups["language"].Value == language)
            .Select(m => new Fence(Relative(path), m.Groups["text"].Value));

    /// <summary>Opening fence with a language, the text, and a closing fence of the same indentation.</summary>
    [GeneratedRegex(@"^(?<indent> *)```(?<language>[\w#-]+)\n(?<text>.*?)^\k<indent>```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}

/// <summary>A fenced block of a page.</summary>
internal sealed record Fence(string Page, string Text);
