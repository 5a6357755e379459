using System.Text;

namespace ModelPack.Compiler.Calibration;

/// <summary>The texts that calibration looks at: the user's, or those of the package (<c>Calibration/Text</c>).</summary>
internal static class CalibrationTexts
{
    private const string Prefix = "ModelPack.Compiler.Calibration.";

    /// <summary>More text than calibration could use by a factor of a thousand: most likely the wrong file.</summary>
    private const long MaxBytes = 1L << 28;

    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The package's own mixed text.</summary>
    public static IReadOnlyList<string> Default()
    {
        var assembly = typeof(CalibrationTexts).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, s_strictUtf8);
            return reader.ReadToEnd();
        })];
    }

    /// <summary>The named files, or the default where none is named.</summary>
    /// <exception cref="ModelPackException">MP3402.</exception>
    public static IReadOnlyList<string> Read(IReadOnlyList<string> paths) => paths.Count == 0 ? Default() : [.. paths.Select(Read)];

    private static string Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw Bad($"has {new FileInfo(path).Length} bytes; at most {MaxBytes} are read. A few hundred kilobytes are plenty");
            }

            return s_strictUtf8.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw Bad($"is not UTF-8 text (byte {e.Index} begins no character). Convert it, or name another file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Bad($"cannot be read: {e.Message.TrimEnd('.')}. Check the path");
        }

        ModelPackException Bad(string what) => new(CompilerCodes.CalibrationText, $"calibration text '{path}' {what}.");
    }
}
