using System.Globalization;

namespace ModelPack;

/// <summary>Range checks of options; each failure is one MP5101 that names the option, its range and the value found.</summary>
internal static class OptionCheck
{
    public static int Range(string option, int value, int least, int most, string hint) =>
        value >= least && value <= most ? value : throw OutOfRange(option, Text(value), $"{Text(least)} to {Text(most)}", hint);

    public static long Range(string option, long value, long least, long most, string hint) =>
        value >= least && value <= most ? value : throw OutOfRange(option, Text(value), $"{Text(least)} to {Text(most)}", hint);

    /// <summary>NaN is in no range.</summary>
    public static float Range(string option, float value, float least, float most, string hint) =>
        value >= least && value <= most ? value : throw OutOfRange(option, Text(value), $"{Text(least)} to {Text(most)}", hint);

    public static T Defined<T>(string option, T value)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw OutOfRange(option, value.ToString(), string.Join(", ", Enum.GetNames<T>()), "use one of these");

    /// <summary>For example <c>GenerateOptions.TopP is 1.5; expected 0 to 1 (1 turns it off).</c></summary>
    public static ModelPackException OutOfRange(string option, string found, string expected, string hint) =>
        new(MpCodes.OptionOutOfRange, $"{option} is {found}; expected {expected} ({hint}).");

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
