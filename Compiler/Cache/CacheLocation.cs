namespace ModelPack.Compiler.Cache;

/// <summary>Where the user-level cache lies and how large it may be, where nobody says: the environment, then the platform's own place for caches.</summary>
internal static class CacheLocation
{
    /// <summary>The same names as the MSBuild properties: set in the environment they count for builds and for <c>modelpack</c> alike.</summary>
    public const string SwitchVariable = "ModelPackCache", FolderVariable = "ModelPackCacheFolder", SizeVariable = "ModelPackCacheSize";

    /// <summary>4 GB: dozens of packs of the models that this is for, or a few sets of calibration statistics.</summary>
    public const long DefaultBytes = 4_000_000_000;

    /// <summary>The folder; null where there is none (switched off, or a user without a home).</summary>
    /// <param name="variable">Reads an environment variable; tests give their own.</param>
    /// <param name="platform">Which platform's rules hold.</param>
    public static string? Folder(Func<string, string?> variable, Platform platform)
    {
        if (variable(SwitchVariable) is { } on && (on.Equals("false", StringComparison.OrdinalIgnoreCase) || on.Equals("off", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        if (variable(FolderVariable) is { Length: > 0 } folder)
        {
            return Path.GetFullPath(folder);
        }

        return platform switch
        {
            Platform.Windows => Under(variable("LOCALAPPDATA"), "ModelPack", "Cache"),
            Platform.Apple => Under(variable("HOME"), "Library", "Caches", "ModelPack"),
            // The XDG base directory specification: relative values are to be ignored.
            _ => variable("XDG_CACHE_HOME") is { } xdg && xdg.StartsWith('/') ? Under(xdg, "modelpack") : Under(variable("HOME"), ".cache", "modelpack"),
        };
    }

    public static Platform Current => OperatingSystem.IsWindows() ? Platform.Windows : OperatingSystem.IsMacOS() ? Platform.Apple : Platform.Unix;

    private static string? Under(string? root, params string[] parts) => string.IsNullOrEmpty(root) ? null : Path.Combine([root, .. parts]);

    internal enum Platform
    {
        Unix,
        Apple,
        Windows,
    }
}
