namespace ModelPack.Tests;

/// <summary>
/// Real models, texts and golden outputs that lie beside the checkout in <c>../shared</c> and are too large for the repository.
/// A plain clone has none of them: tests that ask for one are skipped with a message.
/// </summary>
internal static class SharedData
{
    private static readonly string? s_root = Locate();

    /// <summary>Full path of a file or folder in <c>../shared</c>; skips the calling test where it is absent.</summary>
    public static string Path(string relative)
    {
        var path = s_root is null ? null : System.IO.Path.Combine(s_root, relative);
        if (path is null || (!File.Exists(path) && !Directory.Exists(path)))
        {
            Assert.Skip($"'shared/{relative}' is not beside this checkout; this test needs it.");
        }

        return path!;
    }

    private static string? Locate()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared");
            if (File.Exists(System.IO.Path.Combine(candidate, "DESIGN.md")))
            {
                return candidate;
            }
        }

        return null;
    }
}
