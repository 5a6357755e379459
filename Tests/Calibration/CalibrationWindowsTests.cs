using ModelPack.Compiler;
using ModelPack.Compiler.Calibration;

namespace ModelPack.Tests.Calibration;

/// <summary>Which windows of the calibration texts are looked at.</summary>
public sealed class CalibrationWindowsTests
{
    [Fact]
    public void Windows_are_spread_evenly_and_the_last_tenth_is_held_out()
    {
        int[] text = [.. Enumerable.Range(0, 100_000)];
        var windows = CalibrationWindows.Of([text], 32, 8, 2048);
        Assert.Equal((32, 8, 512), (windows.Calibration.Count, windows.HeldOut.Count, windows.Calibration.Length));
        Assert.True(windows.Calibration.Ids.Max() < 90_000);
        Assert.True(windows.HeldOut.Ids.Min() >= 90_000);
        var starts = Starts(windows.Calibration.Ids, 512);
        Assert.Equal(32, starts.Distinct().Count());
        Assert.All(starts.Order().Zip(starts.Order().Skip(1)), p => Assert.InRange(p.Second - p.First, 2800, 3000));

        // Any first part is spread, too: gradients look at the first 8.
        Assert.All(starts.Take(8).Order().Zip(starts.Take(8).Order().Skip(1)), p => Assert.InRange(p.Second - p.First, 8000, 16_000));
    }

    [Fact]
    public void Several_texts_are_mixed_evenly_as_far_as_they_go()
    {
        int[] a = [.. Enumerable.Range(0, 40_000)], b = [.. Enumerable.Range(1_000_000, 40_000)], c = [.. Enumerable.Range(2_000_000, 1200)];
        var windows = CalibrationWindows.Of([a, b, c], 18, 6, 2048);
        var starts = Starts(windows.Calibration.Ids, 512);
        Assert.Equal([8, 8, 2], new[] { starts.Count(s => s < 1_000_000), starts.Count(s => s is >= 1_000_000 and < 2_000_000), starts.Count(s => s >= 2_000_000) });
        Assert.InRange(starts.Take(8).Count(s => s < 1_000_000), 3, 4);
    }

    [Fact]
    public void Short_contexts_have_short_windows() => Assert.Equal(64, CalibrationWindows.Of([[.. Enumerable.Range(0, 5000)]], 4, 2, 64).Calibration.Length);

    [Fact]
    public void Too_little_text_is_MP3402()
    {
        var error = Assert.Throws<ModelPackException>(() => CalibrationWindows.Of([[.. Enumerable.Range(0, 3000)]], 4, 2, 2048));
        Assert.Equal(CompilerCodes.CalibrationText, error.Code);
        Assert.Contains("10240 tokens", error.Message);
    }

    private static List<int> Starts(int[] ids, int length) => [.. Enumerable.Range(0, ids.Length / length).Select(i => ids[i * length])];
}
