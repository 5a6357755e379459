using System.Globalization;
using System.Text.Json;

namespace ModelPack.Tests.Platforms;

/// <summary>The sample as a native arm64 file, on an emulated processor, writes what it writes everywhere.</summary>
[Trait("Lane", "native")]
public sealed class Arm64SampleTests(NativePrograms programs) : IClassFixture<NativePrograms>
{
    [Theory]
    [InlineData("advsimd", 1)]
    [InlineData("advsimd", 2)]
    [InlineData("scalar", 1)]
    [InlineData("scalar", 2)]
    public void The_arm64_file_generates_the_golden_tokens(string kernels, int threads)
    {
        var golden = SharedData.Path("golden/stories260k.json");
        var sample = programs.SampleArm64();
        foreach (var story in JsonDocument.Parse(File.ReadAllText(golden)).RootElement.EnumerateArray())
        {
            var run = programs.RunArm64(
                "max", sample, "--ids", Ids(story, "ids"), "--ignore-eos", "--max-tokens", "200", "--kernels", kernels, "--threads", threads.ToString(CultureInfo.InvariantCulture));
            Assert.Equal($"[{Ids(story, "greedy")}]\n", run.Succeeds().Output);
        }
    }

    private static string Ids(JsonElement story, string name) => string.Join(',', story.GetProperty(name).EnumerateArray().Select(id => id.GetInt32()));
}
