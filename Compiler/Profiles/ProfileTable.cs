using System.Text;

namespace ModelPack.Compiler.Profiles;

/// <summary>The profiles that come with ModelPack, one for an instruction set, and those that users measured.</summary>
internal static class ProfileTable
{
    private const string Prefix = "ModelPack.Compiler.Profiles.", Suffix = ".profile";

    /// <summary>Where nothing is said: what native code is made for on x64.</summary>
    public const string Default = "x86-64-v3";

    private static readonly Lazy<IReadOnlyList<DecodeProfile>> s_all = new(() =>
        [.. typeof(ProfileTable).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Read)]);

    public static IReadOnlyList<DecodeProfile> All => s_all.Value;

    /// <param name="text">A profile's name, or the path of a file; null: <see cref="Default"/>.</param>
    /// <exception cref="ModelPackException">MP3010.</exception>
    public static DecodeProfile Open(string? text)
    {
        var wanted = text ?? Default;
        return All.FirstOrDefault(p => p.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase)) ?? ProfileText.Read(wanted, ReadFile(wanted));
    }

    private static DecodeProfile Read(string resource)
    {
        using var reader = new StreamReader(typeof(ProfileTable).Assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return ProfileText.Read(resource[Prefix.Length..^Suffix.Length], reader.ReadToEnd());
    }

    private static string ReadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > ProfileText.MostBytes)
            {
                throw Bad($"has {file.Length} bytes; a profile has at most {ProfileText.MostBytes}");
            }

            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Bad($"is neither a profile that comes with ModelPack ({string.Join(", ", All.Select(p => p.Name))}) nor a file that can be read ({e.Message})");
        }

        ModelPackException Bad(string what) => new(CompilerCodes.ProfileUnusable, $"profile '{path}' {what}. Name one, or make one on the target: modelpack profile MODEL -o FILE.");
    }
}
