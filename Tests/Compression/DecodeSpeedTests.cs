using System.Globalization;
using ModelPack.Compiler.Profiles;
using ModelPack.Compiler.Quantize;
using ModelPack.Tests.Build;
using ModelPack.Tests.Cli;

namespace ModelPack.Tests.Compression;

/// <summary>A decode speed as the budget: the best model that a profile expects to keep to it.</summary>
public sealed class DecodeSpeedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fixed_widths_narrow_until_the_speed_is_met()
    {
        var profile = Profile(w => w);
        Assert.Contains("(8 bits", Pack("--effort", "Fast", "--decode-speed", Speed(profile, 8.5), "--profile", profile).Output, StringComparison.Ordinal);
        var five = Pack("--effort", "Fast", "--decode-speed", Speed(profile, 5.5), "--profile", profile);
        Assert.Contains("(5 bits", five.Output, StringComparison.Ordinal);
        Assert.Equal(double.Parse(Speed(profile, 5), CultureInfo.InvariantCulture), five.Json.GetProperty("decode_tps_expected").GetDouble(), 0.2);
        Assert.Contains("(4 bits", Pack("--recipe", "RoundToNearest", "--decode-speed", Speed(profile, 4.5), "--profile", profile).Output, StringComparison.Ordinal);
        Assert.Matches(@"DecodeSpeed \d+.* tokens/s\).* decodes \d+ tokens/s with profile", Refused("--effort", "Fast", "--decode-speed", Speed(profile, 1.5), "--profile", profile));
    }

    [Fact]
    public void The_calibrated_recipe_uses_the_speed_up()
    {
        var profile = Profile(w => w);
        var speed = Speed(profile, 5.3);
        var result = Pack("--decode-speed", speed, "--profile", profile, "--optimize", "Speed");
        var wanted = double.Parse(speed, CultureInfo.InvariantCulture);
        Assert.InRange(result.Json.GetProperty("decode_tps_expected").GetDouble(), wanted - 0.1, 1.04 * wanted);
        Assert.True(result.Json.GetProperty("kld").GetDouble() > 0);
    }

    [Theory]
    // Where a trellis takes as long as scalar codes it loses less; where it takes twice as long, scalar codes of the same speed are finer.
    [InlineData(1, "tiled trellis8\"")]
    [InlineData(2, "tiled\"")]
    public void Codes_are_of_the_kind_that_loses_less_at_the_speed(double trellis, string format)
    {
        var profile = Profile(w => w, trellis);
        Pack("--decode-speed", Speed(profile, 5.3), "--profile", profile);
        Assert.Contains(format, Formats(), StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_quality_the_smaller_codes_are_taken_unless_they_are_too_slow()
    {
        var profile = Profile(w => w, trellis: 3);
        Pack("--quality", "Small", "--decode-speed", Speed(profile, 80), "--profile", profile);
        Assert.Contains("trellis8", Formats(), StringComparison.Ordinal);
        Pack("--quality", "Small", "--decode-speed", Speed(profile, 6.1), "--profile", profile);
        Assert.DoesNotContain("trellis8", Formats(), StringComparison.Ordinal);
        Assert.Contains("DecodeSpeed ", Refused("--quality", "Small", "--decode-speed", Speed(profile, 3), "--profile", profile), StringComparison.Ordinal);
    }

    [Theory]
    // An expanded code takes as long as any here: it is worth a larger form unless trellis codes take clearly less.
    [InlineData(0.97, false)]
    [InlineData(0.5, true)]
    public void The_plan_says_on_which_rungs_trellis_codes_stay_as_they_are(double trellis, bool compact)
    {
        Pack("--quality", "Small", "--profile", Profile(_ => 1, trellis));
        Assert.Equal(compact, File.ReadAllText(_folder["x.plan"]).Contains("\ncompact-for Avx2\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("fast")]
    [InlineData("NaN")]
    [InlineData("2000000")]
    public void What_is_no_speed_is_MP3004(string speed) =>
        Assert.Contains($"--decode-speed is '{speed}'", Modelpack.Refused("MP3004", Stories, "pack", Stories, "-o", _folder["x.mpk"], "--decode-speed", speed), StringComparison.Ordinal);

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    /// <summary>A profile of which scalar codes of w bits take so many nanoseconds, and those of a trellis, in either form, a multiple.</summary>
    private string Profile(Func<int, double> nanoseconds, double trellis = 2)
    {
        var rates = new Dictionary<string, double>(ProfileTable.All[0].Rates);
        for (var width = RoundingOptions.NarrowestTile; width <= RoundingOptions.WidestTile; width++)
        {
            rates[$"tiled {width}"] = 1e9 / nanoseconds(width);
            rates[$"tiled trellis8 {width}"] = 1e9 / (trellis * nanoseconds(width));
        }

        return _folder.Write("x.profile", ProfileText.Write(new("x", "none", KernelSet.Avx2, 1, 1, 0, 0, rates)));
    }

    /// <summary>Tokens a second of the model with codes of so many bits, where a bit is a nanosecond.</summary>
    private string Speed(string profile, double bits)
    {
        var eight = Pack("--quality", "High", "--effort", "Fast", "--profile", profile).Json.GetProperty("decode_tps_expected").GetDouble();
        return (8 * eight / bits).ToString("F1", CultureInfo.InvariantCulture);
    }

    private Modelpack Pack(params string[] options) => Modelpack.Ok(["pack", Stories, "-o", _folder["x.mpk"], "--cache", _folder["cache"], "--json", .. options]);

    private string Refused(params string[] options) => Modelpack.Refused("MP3009", Stories, ["pack", Stories, "-o", _folder["x.mpk"], "--cache", _folder["cache"], .. options]);

    private string Formats() => string.Join('\n', File.ReadLines(_folder["x.plan"]).Where(l => l.StartsWith("format ", StringComparison.Ordinal)));
}
