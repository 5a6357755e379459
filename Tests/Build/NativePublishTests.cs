using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelPack.Tests.Build;

/// <summary>The sample's own source, published as one native file from a user's project.</summary>
[Trait("Lane", "build")]
public sealed class NativePublishTests(NativePublishTests.Published published) : IClassFixture<NativePublishTests.Published>
{
    [Fact]
    public void Publishing_prints_no_warning_and_says_which_instruction_set_it_chose()
    {
        var output = published.Result.Succeeds().Output;
        Assert.DoesNotContain("warning", output);
        Assert.Contains($"native code for {(RuntimeInformation.OSArchitecture == Architecture.X64 ? "x86-64-v3" : "armv8.2-a,dotprod")}", output);
    }

    [Fact]
    public void The_native_file_is_alone_in_its_folder()
    {
        published.Result.Succeeds();
        Assert.Equal(["app"], Directory.GetFileSystemEntries(published.Folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("scalar", 1)]
    [InlineData("scalar", 2)]
    [InlineData("avx2", 1)]
    [InlineData("avx2", 2)]
    [InlineData("avxvnni", 1)]
    [InlineData("avxvnni", 2)]
    [InlineData("advsimd", 1)]
    [InlineData("advsimd", 2)]
    public void The_native_file_writes_the_golden_stories(string kernels, int threads)
    {
        var golden = SharedData.Path("golden/stories260k.json");
        foreach (var story in JsonDocument.Parse(File.ReadAllText(golden)).RootElement.EnumerateArray())
        {
            var run = published.Run(story.GetProperty("text").GetString()!, "--max-tokens", "200", "--kernels", kernels, "--threads", threads.ToString(CultureInfo.InvariantCulture));
            if (run.Errors.Contains("MP5102", StringComparison.Ordinal))
            {
                Assert.Skip($"this machine has no {kernels}: {run.Errors.Trim()}");
            }

            Assert.Equal(Expected(story), run.Succeeds().Output);
        }
    }

    [Fact]
    public void The_native_file_writes_the_story_that_is_kept_in_the_repository() =>
        Assert.Equal(
            File.ReadAllText(Repository.Path("Tests", "Fixtures", "stories260K.once-upon-a-time.200.txt")),
            published.Run("Once upon a time", "--max-tokens", "200").Succeeds().Output);

    /// <summary>Control tokens are not part of the text: the third story goes on after a BOS.</summary>
    private static string Expected(JsonElement story) => story.GetProperty("greedy_text").GetString()!.Replace("<s>", "", StringComparison.Ordinal) + "\n";

    /// <summary>One publish for all of these tests.</summary>
    public sealed class Published : IDisposable
    {
        private readonly ConsumerProject _project = new(
            $"""
            <CompressedModel Include="{Repository.Path("Tests", "Fixtures", "stories260K.gguf")}" Name="SampleModel" />
            <Compile Include="{Repository.Path("sample-app", "*.cs")}" />
            """,
            "<PublishAot>true</PublishAot><RootNamespace>SampleApp</RootNamespace><CopyOutputSymbolsToPublishDirectory>false</CopyOutputSymbolsToPublishDirectory>");

        public Published()
        {
            if (!OperatingSystem.IsLinux() || !Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "clang"))))
            {
                return;
            }

            Folder = _project["published"];
            var target = "linux-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
            Result = _project.DotNet("publish", "-c", "Release", "--nologo", "-r", target, "-o", Folder, "-nodeReuse:false", "-p:UseSharedCompilation=false");
        }

        /// <summary>What publishing printed; the calling test is skipped where it cannot be done.</summary>
        internal BuildResult Result
        {
            get
            {
                Assert.SkipWhen(field is null, "publishing a native application here needs Linux with clang: run eng/install-native-tools.sh");
                return field!;
            }
        }

        internal string Folder { get; } = "";

        internal BuildResult Run(params string[] arguments)
        {
            Result.Succeeds();
            return _project.Run(Path.Combine(Folder, "app"), arguments);
        }

        public void Dispose() => _project.Dispose();
    }
}
