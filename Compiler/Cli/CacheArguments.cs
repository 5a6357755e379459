using ModelPack.Compiler.Cache;

namespace ModelPack.Compiler.Cli;

/// <summary>The options that say where results are kept, and the key of what a command line asks for.</summary>
internal static class CacheArguments
{
    /// <summary><c>--cache off|FOLDER</c>, <c>--cache-size 4GB</c>.</summary>
    public static readonly string[] Names = ["--cache", "--cache-size"];

    /// <summary>What does not change the result: where it goes, how it is made, what is said about it.</summary>
    private static readonly string[] s_without = ["-o", "--plan", "--shape", "--threads", "--report", .. Names];

    /// <summary>The cache that a command line, or else the environment, names; null: none.</summary>
    /// <exception cref="ModelPackException">MP3004.</exception>
    public static BuildCache? Open(CommandLine line)
    {
        var size = line.Text("--cache-size") ?? Environment.GetEnvironmentVariable(CacheLocation.SizeVariable);
        var bytes = string.IsNullOrEmpty(size) ? CacheLocation.DefaultBytes : ByteSize.TryParse(size) ?? throw CommandLine.Error($"--cache-size is '{size}'; expected a size such as 4GB.");
        var folder = line.Text("--cache") switch
        {
            null or "" => CacheLocation.Folder(Environment.GetEnvironmentVariable, CacheLocation.Current),
            // Words that mean it must not become folders.
            "off" or "none" or "false" or "no" => null,
            var given => Path.GetFullPath(given),
        };
        return folder is null ? null : new(folder, bytes);
    }

    /// <summary>Content of model and texts, all options that change the result, the compiler itself.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static CacheKey Key(CommandLine line, BuildCache cache)
    {
        var key = CacheKey.Create().Add("file", Path.GetFileName(line.File)).Add("model", cache.Files.Of(line.File));
        foreach (var (option, value) in line.Given.Where(g => !s_without.Contains(g.Option)).OrderBy(g => g.Option, StringComparer.Ordinal))
        {
            key.Add(option, option == "--calibration" || (option == "--profile" && File.Exists(value)) ? cache.Files.Of(value) : value);
        }

        return key.Finish();
    }
}
