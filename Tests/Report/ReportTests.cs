using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
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
        BitsSource = 5.61,
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
        Samples = measured
            ? [new("Once upon a time", ", there was a little girl <called> Lily.", ", there was a little girl & her dog."), new("The end", " of the story.", " of the story.")]
            : [],
        Stages = [new("statistics", 61.2), new("quantising", 33.4), new("measuring", 8.1)],
        Refinement = measured ? "annealing: 400 proposals, 31 evaluated in full" : null,
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
        Assert.Equal(4.85, json.GetProperty("formats").EnumerateArray().Single(f => f.GetProperty("name").GetString() == "Q4_K_M").GetProperty("bits").GetDouble());
        Assert.Equal(5.61, json.GetProperty("bits_source").GetDouble());
        Assert.Equal(", there was a little girl & her dog.", json.GetProperty("samples")[0].GetProperty("compressed").GetString());
        Assert.Equal(0.0007, json.GetProperty("tensors").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "blk.6.Attention.Key").GetProperty("sensitivity").GetDouble(), 1e-9);
        Assert.Equal(2345.6, json.GetProperty("peak_memory_mb").GetDouble());
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

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    /// <summary>A mark for each known format and for the file; the chosen point, or where nothing was measured the pack's own mark.</summary>
    private static void AssertFront(string dom, bool measured)
    {
        foreach (var format in KnownFormats.All)
        {
            var mark = Regex.Match(dom, $"<g class=\"mark\" data-name=\"{format.Name}\"><line [^>]*x1=\"([0-9.]+)\"");
            Assert.True(mark.Success, format.Name);
            Assert.InRange(double.Parse(mark.Groups[1].Value, CultureInfo.InvariantCulture), 64, 800);
        }

        Assert.Contains(">Q4_K_M 4.85</text>", dom, StringComparison.Ordinal);
        Assert.Contains(">the model file 5.61</text>", dom, StringComparison.Ordinal);
        Assert.Contains(measured ? ">this pack: 3.43 bits, 0.0447</text>" : ">this pack 3.43</text>", dom, StringComparison.Ordinal);
        Assert.Equal(measured, !dom.Contains(">Nothing was measured with this effort.</div>", StringComparison.Ordinal));
        Assert.Equal(measured ? 2 : 0, Count(dom, "class=\"point\""));
        Assert.Equal(measured ? 1 : 0, Count(dom, "class=\"chosen\""));
        Assert.Equal(measured ? 1 : 0, Count(dom, "<polyline "));
    }

    private static void AssertSamples(string dom, bool measured)
    {
        if (!measured)
        {
            Assert.Contains(">None: a pack that holds the file's own numbers says what the file says.</div>", dom, StringComparison.Ordinal);
            return;
        }

        Assert.Contains(">Once upon a time</div>", dom, StringComparison.Ordinal);
        Assert.Contains("<td>, there was a little girl &lt;called&gt; Lily.</td>", dom, StringComparison.Ordinal);
        Assert.Contains("<td>, there was a little girl <span class=\"parted\">&amp; her dog.</span></td>", dom, StringComparison.Ordinal);
        Assert.Equal(1, Count(dom, ">the same, word for word</div>"));
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
            Assert.Equal(2 * 37, Count(dom, "<title>") - 1 - (measured ? 3 : 0));
            AssertFront(dom, measured);
            AssertSamples(dom, measured);
            Assert.Contains("102.7 s in all", dom, StringComparison.Ordinal);
            Assert.Contains("peak memory 2346 MB", dom, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
