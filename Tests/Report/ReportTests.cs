using System.Diagnostics;
using System.Text.Json;
using ModelPack.Compiler.Report;

namespace ModelPack.Tests.Report;

public class ReportTests
{
    private static readonly string[] s_roles = ["Attention.Query", "Attention.Key", "FeedForward.Down"];

    private static PackReport Sample(bool measured) => new()
    {
        Model = "story</script><b>teller.gguf",
        Version = "1.2.3",
        Options = [new("quality", "Balanced"), new("effort", "Best")],
        BytesIn = 98_362_432,
        BytesOut = 59_000_000,
        BytesBy = [new("codes", 57_000_000), new("tokenizer", 1_000_000)],
        BitsRest = 3.4312,
        BitsResident = 4.61,
        Quality = measured ? new(0.0447, 0.61, 0.871, 22.9, 21.5, 24) : null,
        Tensors =
        [
            new("token_embd.weight", -1, "TokenEmbedding", 49152, 576, "Q8_0", 8.5, 2.54, 3.4, 0.017, 0.0004),
            .. from layer in Enumerable.Range(0, 12) from role in s_roles
               select new ReportTensor($"blk.{layer}.{role}", layer, role, 576, 576, "Q4_1", 5, 3 + (layer * 0.1), 4 + (layer * 0.1), 0.0001 * (layer + 1), 0.0005),
        ],
        Front = measured ? [new("first", 3.9, 0.026, false), new("second", 3.5, 0.041, false), new("third", 3.43, 0.0447, true)] : [],
        Peers = measured ? [new("Q4_0", 4.5, 0.19, false), new("Q8_0", 8.5, 0.005, false)] : [],
        Samples = measured ? [new("Once upon a time", ", there was a little girl <called> Lily.", ", there was a little girl & her dog.")] : [],
        Stages = [new("statistics", 61.2), new("quantising", 33.4), new("measuring", 8.1)],
        Annealing = measured ? "annealing: 400 proposals, 31 evaluated in full" : null,
        PeakMemoryMegabytes = 2345.6,
    };

    [Fact]
    public void The_json_holds_every_figure()
    {
        var json = JsonDocument.Parse(ReportJson.Write(Sample(measured: true)).ToJsonString()).RootElement;
        Assert.Equal(59_000_000, json.GetProperty("bytes_out").GetInt64());
        Assert.Equal(0.0447, json.GetProperty("quality").GetProperty("kld").GetDouble());
        Assert.Equal(37, json.GetProperty("tensors").GetArrayLength());
        Assert.Single(json.GetProperty("front").EnumerateArray(), p => p.GetProperty("chosen").GetBoolean());
        Assert.Equal("statistics", json.GetProperty("stages")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void The_page_needs_no_other_file_and_no_text_can_end_its_script()
    {
        var page = ReportHtml.Write(Sample(measured: true));
        Assert.DoesNotContain("teller.gguf</", page, StringComparison.Ordinal);
        Assert.DoesNotContain("story</script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
        Assert.Equal(1, page.Split("</script>").Length - 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_browser_draws_it(bool measured)
    {
        var browser = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "needs a Chromium (eng/install-native-tools.sh --browser)");
        var folder = Directory.CreateTempSubdirectory("modelpack-report-");
        try
        {
            var page = Path.Combine(folder.FullName, "report.html");
            File.WriteAllText(page, ReportHtml.Write(Sample(measured)));
            var start = new ProcessStartInfo(browser!)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                ArgumentList =
                {
                    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--enable-logging=stderr", "--v=0", $"--user-data-dir={Path.Combine(folder.FullName, "profile")}", "--dump-dom", page,
                },
            };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var dom = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("Uncaught", await errors, StringComparison.Ordinal);
            Assert.Contains("98.4 MB", dom, StringComparison.Ordinal);
            Assert.Contains("story&lt;/script&gt;&lt;b&gt;teller.gguf", dom, StringComparison.Ordinal);
            Assert.Contains("blk.11.FeedForward.Down", dom, StringComparison.Ordinal);
            // One cell a tensor, in each of two pictures.
            Assert.Contains(measured ? "this pack: 3.43 bits, 0.0447" : "Nothing was measured with this effort.", dom, StringComparison.Ordinal);
            Assert.Equal(2 * 37, dom.Split("<title>").Length - 1 - 1 - (measured ? 5 : 0));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
