using System.Globalization;

namespace ModelPack.Compiler;

/// <summary>Sizes as users write them: <c>60MB</c>, <c>1.5 GiB</c>, <c>48000000</c>. MB = 10⁶ bytes, MiB = 2²⁰.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, double Bytes)[] s_units =
    [
        ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("K", 1e3), ("M", 1e6), ("G", 1e9), ("B", 1), ("", 1),
    ];

    /// <summary>The bytes, at least 1; null where the text is not a size.</summary>
    public static long? TryParse(string text)
    {
        var trimmed = text.Trim().ToUpperInvariant();
        foreach (var (unit, bytes) in s_units)
        {
            if (trimmed.EndsWith(unit, StringComparison.Ordinal))
            {
                return double.TryParse(trimmed[..^unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                    && number * bytes is >= 1 and < 1e15 and var size ? (long)size : null;
            }
        }

        return null;
    }
}
