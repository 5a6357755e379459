using System.Diagnostics;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Cli;

/// <summary>A compiler that is told to stop while it works on a real model.</summary>
[Trait("Lane", "models")]
public sealed class PackSignalTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void A_signal_ends_packing_and_leaves_nothing(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix signals");
        var model = SharedData.Path("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["out"]);
        var start = new ProcessStartInfo("dotnet", [Repository.Assembly("Compiler", "net10.0", "modelpack.dll"), "pack", model, "-o", folder["out/x.mpk"], "--threads", "1", "--cache", folder["cache"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        // It writes: the temporary file grows.
        while (!process.HasExited && !Directory.EnumerateFiles(folder["out"]).Any(f => new FileInfo(f).Length > 0))
        {
            Thread.Sleep(5);
        }

        using var kill = Process.Start("kill", ["-" + signal, $"{process.Id}"]);
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)));
        Assert.SkipWhen(process.ExitCode == 0, "it was done before the signal came");
        Assert.Equal((130, "modelpack: cancelled."), (process.ExitCode, process.StandardError.ReadToEnd().TrimEnd()));
        Assert.Empty(Directory.GetFiles(folder["out"]));
        Assert.False(Directory.Exists(folder["cache/pack"]));
    }
}
