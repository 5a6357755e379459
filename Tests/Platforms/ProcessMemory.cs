using System.Globalization;

namespace ModelPack.Tests.Platforms;

/// <summary>What Linux says of this process's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Bytes of a file that are mapped into this process and in memory.</summary>
    public static long Resident(string path)
    {
        var (inside, kilobytes) = (false, 0L);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            // 7f0000000000-7f0000001000 r--s 00000000 fe:00 1234   /path
            // Rss:                   4 kB
            inside = char.IsAsciiHexDigitLower(line[0]) && line.Contains('-', StringComparison.Ordinal) ? line.EndsWith(path, StringComparison.Ordinal) : inside;
            if (inside && line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                kilobytes += long.Parse(line.AsSpan(4, line.Length - 6).Trim(), CultureInfo.InvariantCulture);
            }
        }

        return kilobytes << 10;
    }
}
