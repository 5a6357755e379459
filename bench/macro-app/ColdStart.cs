using System.Diagnostics;
using System.Globalization;
using ModelPack;

namespace MacroApp;

/// <summary>Where the time from the program's start to its first text goes.</summary>
internal sealed class ColdStart
{
    // The launcher's: CLOCK_MONOTONIC in nanoseconds, just before execve. Stopwatch counts the same clock on Linux.
    private readonly string? _launched = Environment.GetEnvironmentVariable("MODELPACK_LAUNCHED_NS");

    // Without a launcher: what the process has computed so far, which is nearly all that it has lived.
    private readonly TimeSpan _computed = Environment.CpuUsage.TotalTime;
    private readonly long _main = Stopwatch.GetTimestamp();
    private long _loaded;
    private long _ready;
    private long _written;

    public void Loaded() => _loaded = Stopwatch.GetTimestamp();

    public void Ready() => _ready = Stopwatch.GetTimestamp();

    public void Written() => _written = _written == 0 ? Stopwatch.GetTimestamp() : _written;

    /// <summary>One JSON line, milliseconds; the parts from runtime_ms to write_ms add up to the whole.</summary>
    public string Json(LoadStatistics load, GenerateStatistics run)
    {
        var runtime = long.TryParse(_launched, CultureInfo.InvariantCulture, out var launched)
            ? (_main * (1e3 / Stopwatch.Frequency)) - (launched / 1e6)
            : _computed.TotalMilliseconds;
        var tokenizer = 1e3 * load.TokenizerSeconds;
        var wait = 1e3 * Math.Min(load.DecodeWaitSeconds, run.PrefillSeconds);
        var rest = Between(_ready, _written) - (1e3 * run.FirstTokenSeconds);
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"runtime_ms":{{runtime:F2}},"open_ms":{{Between(_main, _loaded):F2}},"tokenizer_ms":{{tokenizer:F2}},"generator_ms":{{Between(_loaded, _ready) - tokenizer:F2}},"tokenize_ms":{{1e3 * run.TokenizeSeconds:F2}},"decode_ms":{{wait:F2}},"prefill_ms":{{(1e3 * run.PrefillSeconds) - wait:F2}},"sample_ms":{{1e3 * (run.FirstTokenSeconds - run.PrefillSeconds - run.TokenizeSeconds):F2}},"write_ms":{{rest:F2}},"decode_cpu_ms":{{1e3 * load.DecodeSeconds:F2}},"decoded_mb":{{load.DecodedBytes / 1e6:F2}}}""");
    }

    private static double Between(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
