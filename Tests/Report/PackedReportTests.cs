using System.Text.Json;
using ModelPack.Tests.Cli;

namespace ModelPack.Tests.Report;

/// <summary>The report that <c>pack --report</c> writes of a real compilation.</summary>
public sealed class PackedReportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modelpack-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_measured_pack_has_front_samples_sensitivities_and_stages()
    {
        var report = Report("--recipe", "DoubleCompression", "--quality", "Small");
        Assert.Contains(report.GetProperty("front").EnumerateArray(), p => p.GetProperty("chosen").GetBoolean());
        Assert.Equal(32, report.GetProperty("bits_source").GetDouble());
        var samples = report.GetProperty("samples");
        Assert.Equal(3, samples.GetArrayLength());
        Assert.All(samples.EnumerateArray(), s => Assert.All(new[] { "prompt", "original", "compressed" }, k => Assert.NotEmpty(s.GetProperty(k).GetString()!)));
        Assert.All(
            report.GetProperty("tensors").EnumerateArray().Where(t => t.GetProperty("rows").GetInt32() > 1),
            t => Assert.True(t.GetProperty("sensitivity").GetDouble() > 0, t.GetProperty("name").GetString()));
        // The estimate, made of single tensors, is of the size of what was measured.
        Assert.InRange(
            report.GetProperty("tensors").EnumerateArray().Sum(t => t.GetProperty("sensitivity").GetDouble()) / report.GetProperty("quality").GetProperty("kld").GetDouble(), 0.2, 5);
        Assert.Equal(
            ["reading", "statistics", "the original on held-out text", "quantising", "packing", "measuring", "samples"],
            report.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.True(report.GetProperty("peak_memory_mb").GetDouble() > 1);
    }

    [Fact]
    public void What_the_original_says_is_what_the_file_says()
    {
        var sample = Report("--effort", "Fast", "--quality", "Small").GetProperty("samples")[0];
        var said = Modelpack.Ok("run", Stories, "--prompt", sample.GetProperty("prompt").GetString()!, "--max-tokens", "40", "--activations", "float", "--json").Json;
        Assert.Equal(said.GetProperty("text").GetString(), sample.GetProperty("original").GetString());
        var packed = Modelpack.Ok("run", Out("x.mpk"), "--prompt", sample.GetProperty("prompt").GetString()!, "--max-tokens", "40", "--json").Json;
        Assert.Equal(packed.GetProperty("text").GetString(), sample.GetProperty("compressed").GetString());
    }

    [Fact]
    public void A_pack_of_the_files_own_numbers_has_no_samples()
    {
        var report = Report();
        Assert.Equal(0, report.GetProperty("samples").GetArrayLength());
        Assert.Equal(["reading", "packing"], report.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
    }

    private static string Stories => ModelPack.Tests.Build.Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    private JsonElement Report(params string[] options)
    {
        Modelpack.Ok(["pack", Stories, "-o", Out("x.mpk"), "--cache", "off", "--report", Out("x.json"), .. options]);
        return JsonDocument.Parse(File.ReadAllText(Out("x.json"))).RootElement.Clone();
    }

    private string Out(string name) => Path.Combine(_folder.FullName, name);
}
