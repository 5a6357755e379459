using System.Globalization;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Profiles;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack profile MODEL -o OUT.profile</c>: measures how fast this processor decodes, for <c>--profile</c> of builds that have it as their target. The only verb that reads a clock for its result.</summary>
internal static class ProfileVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("profile", arguments, ["-o", "--kernels", "--threads", "--rounds"], ["--json"]);
        var path = line.Require("-o");
        var set = RunOptions.Choice<KernelSet>(line, "--kernels");
        var threads = line.Integer("--threads", 1, ModelOptions.MaxThreads) ?? new ModelOptions().EffectiveThreads;
        var rounds = line.Integer("--rounds", 1, 1000) ?? ProfileMeasurement.DefaultRounds;
        using var source = ModelSource.Open(line.File);
        if (source.FileBytes < LastCache.Bytes)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"profile: this model lies in the processor's last cache ({LastCache.Bytes >> 20} MiB): a larger one tells what models take that do not."));
        }

        using var file = new OutputFile(path);
        using var measurement = new ProfileMeasurement(set, threads, what => output.WriteLine($"profile: {what}"), cancellation) { Rounds = rounds };
        var (profile, points) = measurement.Run(source, Path.GetFileNameWithoutExtension(path));
        file.Write(ProfileText.Write(profile));
        file.Commit();
        foreach (var point in points)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{point.Name}: {1 / point.Measured:F1} tokens/s, the profile says {1 / point.Expected:F1}"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{profile.Processor}: {profile.Kernels}, {profile.Threads} threads, stretch {profile.Stretch:F2}, {1e6 * profile.CallSeconds:F2} µs a call, {1e9 * profile.EscapeSeconds:F2} ns an escape"));
        if (line.Has("--json"))
        {
            output.WriteLine(new JsonObject
            {
                ["kernels"] = profile.Kernels.ToString(),
                ["threads"] = profile.Threads,
                ["stretch"] = profile.Stretch,
                ["call_ns"] = 1e9 * profile.CallSeconds,
                ["escape_ns"] = 1e9 * profile.EscapeSeconds,
                ["worst_error"] = points.Max(p => Math.Abs((p.Expected / p.Measured) - 1)),
            }.ToJsonString());
        }

        return 0;
    }
}
