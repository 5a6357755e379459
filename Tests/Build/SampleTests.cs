using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelPack.Tests.Models;

namespace ModelPack.Tests.Build;

/// <summary>The sample's own source in a user's project: under the JIT, and published as one native file.</summary>
[Trait("Lane", "build")]
public sealed class SampleTests(SampleBuilds builds) : IClassFixture<SampleBuilds>
{
    [Fact]
    public void Publishing_prints_no_warning_and_says_which_instruction_set_it_chose()
    {
        var output = builds.Native.Succeeds().Output;
        Assert.DoesNotContain("warning", output);
        Assert.Contains($"native code for {(RuntimeInformation.OSArchitecture == Architecture.X64 ? "x86-64-v3" : "armv8.2-a,dotprod")}", output);
    }

    [Fact]
    public void The_native_file_is_alone_in_its_folder()
    {
        builds.Native.Succeeds();
        Assert.Equal(["app"], Directory.GetFileSystemEntries(builds.NativeFolder).Select(Path.GetFileName));
    }

    [Theory]
    [MemberData(nameof(Rungs))]
    public void The_golden_stories_come_out_token_for_token(SampleForm form, string kernels, int threads)
    {
        var ids = GoldenStory.All.SelectMany(s => new[] { "--ids", string.Join(',', s.Ids) });
        var run = builds.Run(form, [.. ids, "--max-tokens", "200", "--ignore-eos", "--kernels", kernels, "--threads", threads.ToString(CultureInfo.InvariantCulture)]);
        Assert.SkipWhen(run.Errors.Contains("MP5102", StringComparison.Ordinal), $"not here: {run.Errors.Trim()}");
        Assert.Equal(string.Concat(GoldenStory.All.Select(s => $"[{string.Join(',', s.Greedy)}]\n")), run.Succeeds().Output);
    }

    [Theory]
    [InlineData(SampleForm.Jit)]
    [InlineData(SampleForm.Native)]
    public void The_golden_stories_come_out_as_text(SampleForm form) =>
        Assert.All(GoldenStory.All, story => Assert.Equal(story.Continuation + "\n", builds.Run(form, story.Text, "--max-tokens", "200").Succeeds().Output));

    public static TheoryData<SampleForm, string, int> Rungs()
    {
        var data = new TheoryData<SampleForm, string, int>();
        foreach (var kernels in Enum.GetValues<KernelSet>().Where(k => k != KernelSet.Auto))
        {
            // A native file has only the rungs of the set it was compiled for.
            var native = kernels == KernelSet.Avx512 ? SampleForm.NativeV4 : SampleForm.Native;
            foreach (var form in new[] { SampleForm.Jit, native })
            {
                data.Add(form, kernels.ToString(), 1);
                data.Add(form, kernels.ToString(), 2);
            }

            if (kernels is KernelSet.Scalar or KernelSet.Avx2 or KernelSet.AvxVnni)
            {
                data.Add(SampleForm.NativeV4, kernels.ToString(), 2);
            }
        }

        return data;
    }

    [Theory]
    [InlineData(SampleForm.Jit)]
    [InlineData(SampleForm.Native)]
    public void A_prompt_becomes_the_story_that_is_kept_in_the_repository(SampleForm form) =>
        Assert.Equal(
            File.ReadAllText(Repository.Path("Tests", "Fixtures", "stories260K.once-upon-a-time.200.txt")),
            builds.Run(form, "Once upon a time", "--max-tokens", "200").Succeeds().Output);

    [Fact]
    public void Float_activations_change_nothing_in_a_float_model_and_statistics_come_as_JSON()
    {
        var lines = builds.Run(SampleForm.Jit, "Once upon a time", "--max-tokens", "20", "--activations", "float", "--json").Succeeds().Output.TrimEnd().Split('\n');
        Assert.StartsWith(", there was a little girl named Lily. She loved", lines[0]);
        var json = JsonDocument.Parse(lines[^1]).RootElement;
        Assert.Equal(5, json.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(20, json.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public void The_same_seed_gives_the_same_text_in_both_forms()
    {
        string[] arguments = ["Once upon a time", "--max-tokens", "40", "--temperature", "0.9", "--top-p", "0.95", "--seed", "7"];
        var jit = builds.Run(SampleForm.Jit, arguments).Succeeds().Output;
        Assert.Equal(jit, builds.Run(SampleForm.Native, arguments).Succeeds().Output);
    }

    [Theory]
    [InlineData(2, "there is no option '--maximum'", "--maximum", "3")]
    [InlineData(2, "--max-tokens takes a number, not 'many'", "--max-tokens", "many")]
    [InlineData(2, "--kernels takes", "--kernels", "sse2")]
    [InlineData(2, "--seed needs a value", "--seed")]
    [InlineData(2, "only one prompt", "one", "two")]
    [InlineData(1, "MP5101", "--max-tokens", "0")]
    [InlineData(1, "MP5202", "--ids", "1,99999")]
    [InlineData(1, "MP5101", "--temperature", "NaN")]
    public void A_bad_command_line_is_one_clear_message(int exitCode, string message, params string[] arguments)
    {
        var run = builds.Run(SampleForm.Jit, arguments);
        Assert.Contains(message, run.Errors);
        Assert.DoesNotContain("   at ", run.Errors);
        Assert.Equal(exitCode, run.ExitCode);
    }
}
