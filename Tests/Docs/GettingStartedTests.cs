using ModelPack.Tests.Build;
using ModelPack.Tests.Packages;

namespace ModelPack.Tests.Docs;

/// <summary>docs/getting-started.md is not compared with a script: eng/new-user.sh takes commands, items and program from the page and runs them.</summary>
[Trait("Lane", "build")]
[Collection(PackageFeed.Name)]
public sealed class GettingStartedTests(PackageFeed feed)
{
    [Fact]
    public void The_page_works_as_it_is_written_down_to_the_native_file_in_an_empty_folder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && NativeTools.OnPath("bash"), "eng/new-user.sh is a bash script, tried on Linux");
        NativeTools.SkipWithout();
        var run = ConsumerProject.RunIn(Repository.Root, new() { ["ModelPackCache"] = "true" }, Repository.Path("eng", "new-user.sh"), "--packages", feed.FeedFolder).Succeeds();
        // Every command of the page has a row; the script itself compares what the program says with the golden text.
        var commands = DocumentationFiles.Fences(Repository.Path("docs", "getting-started.md"), "shell").SelectMany(f => f.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.True(commands.Count > 8);
        Assert.All(commands, command => Assert.Contains($"| {command} ", run.Output));
    }
}
