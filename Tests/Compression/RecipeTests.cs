using System.Globalization;
using System.Text.RegularExpressions;
using ModelPack.Tests.Cli;

namespace ModelPack.Tests.Compression;

/// <summary>Recipes by name, to a pack that runs and can be measured.</summary>
public sealed class RecipeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modelpack-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("DoubleCompression", "re-scaled, [0-9.]+% of the weights zero, KL divergence")]
    [InlineData("RoundToNearest", "[2-8] bits, rounded to nearest, KL divergence")]
    [InlineData("Tiled", "[0-9.]+% escapes, KL divergence")]
    public void A_quality_is_kept_to_on_held_out_text_and_the_pack_measures_alike(string recipe, string how)
    {
        var result = Pack("--quality", "Small", "--recipe", recipe);
        Assert.Matches(how, result.Output);
        Assert.InRange(result.Json.GetProperty("kld").GetDouble(), 0.001, 0.1);
        Assert.True(result.Json.GetProperty("bits_rest").GetDouble() < 7);
        File.WriteAllText(Out("text.txt"), string.Concat(Enumerable.Repeat("Once upon a time there was a little girl named Lily. She loved to play outside in the park with her dog. ", 60)));
        var measured = Modelpack.Ok("measure", Out("x.mpk"), "--reference", Stories, "--text", Out("text.txt"), "--windows", "2", "--cache", Out("cache"), "--json").Json;
        Assert.InRange(measured.GetProperty("kld").GetDouble(), 0.001, 0.2);
        Assert.Equal(5, Modelpack.Ok("run", Out("x.mpk"), "--prompt", "Once upon", "--max-tokens", "5", "--json").Json.GetProperty("ids").GetArrayLength());
    }

    [Theory]
    [InlineData("DoubleCompression", 5.5)]
    [InlineData("RoundToNearest", 5.5)]
    public void A_budget_is_used_up_as_far_as_the_recipes_knob_allows(string recipe, double bits)
    {
        var result = Pack("--bits-per-weight", bits.ToString(CultureInfo.InvariantCulture), "--recipe", recipe);
        Assert.InRange(result.Json.GetProperty("bits_rest").GetDouble(), bits - (recipe == "RoundToNearest" ? 1.3 : 0.06), bits);
        Assert.True(result.Json.GetProperty("kld").GetDouble() > 0);
    }

    [Theory]
    [InlineData("DoubleCompression")]
    [InlineData("RoundToNearest")]
    [InlineData("Tiled")]
    public void A_quality_out_of_the_recipes_reach_is_MP3009_and_names_the_best(string recipe)
    {
        var text = Modelpack.Refused("MP3009", Stories, "pack", Stories, "-o", Out("y.mpk"), "--cache", "off", "--quality", "0.0001", "--recipe", recipe);
        Assert.Matches($@"quality 0\.0001 .* recipe {recipe} makes is 0\.00\d+, at \d", text);
        Assert.False(File.Exists(Out("y.mpk")));
    }

    [Theory]
    [InlineData("DoubleCompression")]
    [InlineData("RoundToNearest")]
    public void A_budget_that_neither_quality_nor_knob_can_meet_is_MP3009(string recipe) =>
        Assert.Contains(
            "MaxSize 0.1 MB",
            Modelpack.Refused("MP3009", Stories, "pack", Stories, "-o", Out("y.mpk"), "--cache", "off", "--quality", "High", "--max-size", "100kB", "--recipe", recipe),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("DoubleCompression")]
    [InlineData("RoundToNearest")]
    public void Threads_do_not_change_a_byte(string recipe)
    {
        Pack("--quality", "Small", "--recipe", recipe, "--threads", "1");
        var one = File.ReadAllBytes(Out("x.mpk"));
        Pack("--quality", "Small", "--recipe", recipe, "--threads", "3");
        Assert.Equal(one, File.ReadAllBytes(Out("x.mpk")));
    }

    [Fact]
    public void Best_divides_bits_and_tunes_gains_and_is_the_same_with_any_threads()
    {
        var report = Out("report.json");
        var result = Pack("--quality", "Small", "--effort", "Best", "--threads", "1", "--report", report);
        var one = File.ReadAllBytes(Out("x.mpk"));
        Assert.InRange(result.Json.GetProperty("kld").GetDouble(), 0.001, 0.1);
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(report));
        var refinement = json.RootElement.GetProperty("refinement").GetString()!;
        var tuning = Regex.Match(refinement, @"λ by role .*Gate [0-9.]+ \(alone 0\.\d+\).* evaluated in full.*tuning of (\d+) norm gains: (0\.\d+) -> (0\.\d+)");
        Assert.True(tuning.Success, refinement);
        Assert.Equal("11", tuning.Groups[1].Value);
        Assert.True(double.Parse(tuning.Groups[3].Value, CultureInfo.InvariantCulture) < double.Parse(tuning.Groups[2].Value, CultureInfo.InvariantCulture), refinement);
        Pack("--quality", "Small", "--effort", "Best", "--threads", "3");
        Assert.Equal(one, File.ReadAllBytes(Out("x.mpk")));
    }

    [Fact]
    public void Best_leaves_gains_alone_where_divergence_is_too_fine_for_tuning_to_show()
    {
        var report = Out("report.json");
        Assert.InRange(Pack("--quality", ".015", "--effort", "Best", "--report", report).Json.GetProperty("kld").GetDouble(), 0.001, 0.015);
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(report));
        Assert.Matches("evaluated in full", json.RootElement.GetProperty("refinement").GetString()!);
        Assert.DoesNotMatch("tuning", json.RootElement.GetProperty("refinement").GetString()!);
        Assert.DoesNotContain("tuning", json.RootElement.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
    }

    [Fact]
    public void More_weights_are_pruned_within_a_smaller_budget()
    {
        double Zeros(string bits) => double.Parse(
            Regex.Match(Pack("--bits-per-weight", bits, "--recipe", "DoubleCompression").Output, @"re-scaled, ([0-9.]+)%").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(Zeros("4.5") > Zeros("6") + 3);
    }

    private static string Stories => ModelPack.Tests.Build.Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    private Modelpack Pack(params string[] options) => Modelpack.Ok(["pack", Stories, "-o", Out("x.mpk"), "--cache", "off", "--json", .. options]);

    private string Out(string name) => Path.Combine(_folder.FullName, name);
}
