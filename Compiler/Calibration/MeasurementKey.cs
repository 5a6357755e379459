using System.Runtime.InteropServices;
using ModelPack.Compiler.Cache;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;

namespace ModelPack.Compiler.Calibration;

/// <summary>Keys of what is measured on windows of text. Not the compiler's build: measurements of one version outlive it.</summary>
internal static class MeasurementKey
{
    /// <param name="cache">Knows files' contents.</param>
    /// <param name="version">Changes where the measurement's bits change.</param>
    /// <param name="source">The model.</param>
    /// <param name="windows">The text.</param>
    /// <param name="options">Everything else.</param>
    public static CacheKey Of(BuildCache cache, string version, ModelSource source, WindowSet windows, FormattableString options) => new CacheKey.Builder()
        .Add("version", version)
        .Add("model", cache.Files.Of(source.Path))
        .Add("windows", Convert.ToHexString(MemoryMarshal.AsBytes(windows.Ids.AsSpan())))
        .Add("options", FormattableString.Invariant(options))
        .Finish();
}
