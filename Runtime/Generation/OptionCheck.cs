using System.Globalization;
using System.Runtime.CompilerServices;

namespace ModelPack;

/// <summary>Range checks of options; each failure is one MP5101 that names the option, its range and the value found.</summary>
internal static class OptionCheck
{
    public static int Range(string option, int value, int least, int most, string hint, [CallerFilePath] string file = "") =>
        value >= least && value <= most ? value : throw OutOfRange(option, Text(value), $"{Text(least)} to {Text(most)}", hint, file);

    public static long Range(string option, long value, long least, long most, string hint, [CallerFilePath] string file = "") =>
        value >= least && value <= most ? value : throw OutOfRange(option, Text(value), $"{Text(least)} to {Text(most)}", hint, file);

    /// <summary>NaN is in no range.</summary>
    public static float Range(string option, float value, float least, float most, string hint, [CallerFilePath] string file = "") =>
        value >= least && value <= most ? value : throw OutOfRange(option, Text(value), $"{Text(least)} to {Text(most)}", hint, file);

    public static T Defined<T>(string option, T value, [CallerFilePath] string file = "")
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw OutOfRange(option, value.ToString(), string.Join(", ", Enum.GetNames<T>()), "use one of these", file);

    public static ModelPackException OutOfRange(string option, string found, string expected, string hint, string file)
    {
        var record = Path.GetFileNameWithoutExtension(file.Replace('\\', '/'));
        return new(MpCodes.OptionOutOfRange, $"{record}.{option} is {found}; expected {expected} ({hint}).");
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
