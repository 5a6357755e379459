using ModelPack.Tests.Cli;

namespace ModelPack.Tests.Compression;

/// <summary>Qualities and budgets by fixed widths: what a Debug build does.</summary>
public sealed class BudgetTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modelpack-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("High", 8)]
    [InlineData("Balanced", 6)]
    [InlineData("0.2", 4)]
    public void A_quality_is_a_width_without_calibration(string quality, int width)
    {
        var result = Pack("--quality", quality, "--effort", "Fast");
        Assert.Contains($"({width} bits, rounded to nearest, not measured)", result.Output, StringComparison.Ordinal);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, result.Json.GetProperty("kld").ValueKind);
        // Rows of 64 weights: order, step and scale take up to 2 bits each.
        Assert.InRange(result.Json.GetProperty("bits_rest").GetDouble(), 2, width + 3);
        Assert.Equal(5, Modelpack.Ok("run", Out("x.mpk"), "--prompt", "Once upon", "--max-tokens", "5", "--json").Json.GetProperty("ids").GetArrayLength());
    }

    [Fact]
    public void A_budget_takes_the_widest_codes_that_keep_to_it()
    {
        var narrow = Pack("--quality", "0.2", "--effort", "Fast").Json.GetProperty("bytes_out").GetInt64();
        var result = Pack("--max-size", $"{narrow + 100}B", "--recipe", "RoundToNearest");
        Assert.Contains("(4 bits", result.Output, StringComparison.Ordinal);
        Assert.True(result.Json.GetProperty("bytes_out").GetInt64() <= narrow + 100);
    }

    [Fact]
    public void A_memory_budget_is_in_the_plan()
    {
        Pack("--memory-budget", "10MB", "--effort", "Fast");
        Assert.Contains("\nmemory-budget 10000000\n", File.ReadAllText(Out("x.plan")), StringComparison.Ordinal);
        Pack("--quality", "High", "--effort", "Fast");
        Assert.DoesNotContain("memory-budget", File.ReadAllText(Out("x.plan")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_that_cannot_be_met_is_MP3009_and_names_the_best()
    {
        var text = Modelpack.Refused("MP3009", Stories, "pack", Stories, "-o", Out("y.mpk"), "--cache", "off", "--max-size", "10kB", "--effort", "Fast");
        Assert.Contains("MaxSize 0.0 MB", text, StringComparison.Ordinal);
        Assert.Contains("bits per weight", text, StringComparison.Ordinal);
        Assert.False(File.Exists(Out("y.mpk")));
    }

    private static string Stories => ModelPack.Tests.Build.Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    private Modelpack Pack(params string[] options) => Modelpack.Ok(["pack", Stories, "-o", Out("x.mpk"), "--cache", "off", "--json", .. options]);

    private string Out(string name) => Path.Combine(_folder.FullName, name);
}
