using System.Globalization;

namespace MacroApp;

/// <summary>Memory of this process as the kernel counts it, where there is /proc.</summary>
internal static class Memory
{
    /// <summary>Peak and parts of the resident set in MB of 10^6 bytes: RssFile are pages of files, the executable's and those of packs; RssAnon the process's own.</summary>
    public static string Json() => string.Create(
        CultureInfo.InvariantCulture, $$"""{"vm_hwm_mb":{{Field("VmHWM")}},"rss_anon_mb":{{Field("RssAnon")}},"rss_file_mb":{{Field("RssFile")}}}""");

    private static string Field(string name)
    {
        // "VmHWM:	  107432 kB"
        var line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal)) : null;
        var digits = line is null ? "" : string.Concat(line.Where(char.IsAsciiDigit));
        return long.TryParse(digits, CultureInfo.InvariantCulture, out var kilobytes) ? (kilobytes * 1024 / 1e6).ToString("F1", CultureInfo.InvariantCulture) : "null";
    }
}
