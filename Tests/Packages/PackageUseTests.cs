using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Packages;

/// <summary>Projects as users have them, on the packages from a feed: they build, and the model says what it says everywhere.</summary>
[Trait("Lane", "build")]
[Collection(PackageFeed.Name)]
public sealed class PackageUseTests(PackageFeed feed)
{
    private const string Exe = "<OutputType>Exe</OutputType>";

    [Fact]
    public void A_console_application_says_the_golden_text()
    {
        feed.Project("console/console.csproj", PackageFeed.Reference + PackageFeed.Model());
        feed.Write("console/Program.cs", "using App;\n" + PackageFeed.Program());
        var build = feed.DotNet("console", "build", "-v:n").Succeeds();
        Assert.Equal((0, 1), (build.Runs("inspect"), build.Runs("pack")));
        Assert.Equal(PackageFeed.Golden, feed.DotNet("console", feed["console/bin/Debug/net10.0/console.dll"]).Succeeds().Output);

        // After `git clean` the pack is copied from the user's cache.
        Directory.Delete(feed["console/obj"], recursive: true);
        Assert.Contains("from the cache", feed.DotNet("console", "build").Succeeds().Output);
    }

    [Fact]
    public void A_model_in_a_class_library_comes_with_it_and_native_code_gets_its_instruction_set()
    {
        feed.Project("pair/library/library.csproj", PackageFeed.Reference + PackageFeed.Model("Teller"), "<TargetFramework>net10.0</TargetFramework>");
        feed.Project("pair/app/app.csproj", """<ProjectReference Include="../library/library.csproj" />""", Exe + "<TargetFramework>net10.0</TargetFramework><PublishAot>true</PublishAot>");
        feed.Write("pair/app/Program.cs", "using App;\n" + PackageFeed.Program("Teller"));
        feed.DotNet("pair/app", "build").Succeeds();
        Assert.Equal(PackageFeed.Golden, feed.DotNet("pair/app", feed["pair/app/bin/Debug/net10.0/app.dll"]).Succeeds().Output);

        NativeTools.SkipWithout();
        var publish = feed.DotNet("pair/app", "publish", "-r", NativeTools.Target, "-o", feed["pair/out"]).Succeeds();
        Assert.Contains("ModelPack: native code for ", publish.Output);
        Assert.DoesNotContain("warning", publish.Output);
        Assert.Equal(["app", "library.pdb"], Directory.GetFileSystemEntries(feed["pair/out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(PackageFeed.Golden, ConsumerProject.RunAlone(feed["pair/out"], feed["pair/out/app"]).Succeeds().Output);
    }

    [Fact]
    public void A_model_of_its_own_needs_a_reference_of_its_own()
    {
        feed.Project("needs/library/library.csproj", PackageFeed.Reference, "<TargetFramework>net10.0</TargetFramework>");
        feed.Project("needs/app/app.csproj", """<ProjectReference Include="../library/library.csproj" />""" + PackageFeed.Model());
        feed.Write("needs/app/Program.cs", "return;");
        Assert.Contains("error MP1015", feed.DotNet("needs/app", "build").Fails().Output);
    }

    [Fact]
    public void Two_models_for_two_frameworks_are_packed_once_each()
    {
        feed.Project(
            "two/two.csproj", PackageFeed.Reference + PackageFeed.Model("One") + PackageFeed.Model("Other"),
            Exe + "<TargetFrameworks>net10.0;net10.0-windows</TargetFrameworks><EnableWindowsTargeting>true</EnableWindowsTargeting><DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>");
        feed.Write("two/Program.cs", "using App;\n" + PackageFeed.Program("One") + "Console.WriteLine(Other.Generate(\"Once upon a time\", new GenerateOptions { MaxTokens = 200 }));");
        var build = feed.DotNet("two", "build", "-v:n").Succeeds();
        Assert.Equal(2, build.Runs("pack"));
        Assert.Equal(2, Packs("two").Length);
        Assert.Equal(PackageFeed.Golden + PackageFeed.Golden, feed.DotNet("two", feed["two/bin/Debug/net10.0/two.dll"]).Succeeds().Output);
        Assert.True(File.Exists(feed["two/bin/Debug/net10.0-windows/two.dll"]));
    }

    [Fact]
    public void Runtime_identifiers_share_one_pack_and_managed_applications_publish_for_every_platform()
    {
        feed.Project("rids/rids.csproj", PackageFeed.Reference + PackageFeed.Model());
        feed.Write("rids/Program.cs", "using App;\n" + PackageFeed.Program());
        var runs = 0;
        foreach (var target in new[] { "linux-x64", "win-x64", "osx-arm64", "linux-musl-x64", "linux-arm64" })
        {
            var publish = feed.DotNet("rids", "publish", "-v:n", "-c", "Release", "-r", target, "--self-contained", "false", "-p:PublishAot=false", "-o", feed["rids/out/" + target]).Succeeds();
            runs += publish.Runs("pack");
            Assert.DoesNotContain("warning", publish.Output.Replace("0 Warning(s)", "", StringComparison.Ordinal).Replace("-warnaserror", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
            Assert.True(File.Exists(feed[$"rids/out/{target}/{(target.StartsWith("win", StringComparison.Ordinal) ? "rids.exe" : "rids")}"]));
            if (target.EndsWith(RuntimeInformation.OSArchitecture.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                // Its assemblies are the same on every system of this processor.
                Assert.Equal(PackageFeed.Golden, feed.DotNet("rids", feed[$"rids/out/{target}/rids.dll"]).Succeeds().Output);
            }
        }

        Assert.Equal(1, runs);
        Assert.Single(Packs("rids"));
    }

    [Theory]
    [InlineData("fsproj", "F#", "Program.fs", "printfn \"\"", """<Compile Include="Program.fs" />""")]
    [InlineData("vbproj", "VB", "Program.vb", "Module Program\nSub Main()\nEnd Sub\nEnd Module", "")]
    public void Another_language_gets_a_clear_message(string extension, string language, string source, string text, string items)
    {
        feed.Project($"{extension}/app.{extension}", items + PackageFeed.Reference + PackageFeed.Model());
        feed.Write($"{extension}/{source}", text);
        Assert.Contains($"error MP1013: CompressedModel needs a C# project, because its classes are generated as C#; this one is {language}.", feed.DotNet(extension, "build").Fails().Output);
    }

    [Fact]
    public void An_older_framework_gets_a_clear_message()
    {
        feed.Project("old/old.csproj", PackageFeed.Reference + PackageFeed.Model(), "<TargetFramework>netstandard2.0</TargetFramework>");
        Assert.Contains("error MP1013: CompressedModel needs .NET 10 or later; this project's TargetFramework is 'netstandard2.0'", feed.DotNet("old", "build").Fails().Output);
    }

    [Fact]
    public void Folders_and_files_may_be_called_anything()
    {
        const string Folder = "Größe (neu), Ärger";
        feed.Project($"{Folder}/odd.csproj", PackageFeed.Reference + """<CompressedModel Include="modèles/*.gguf" />""", Exe + "<TargetFramework>net10.0</TargetFramework><PublishAot>true</PublishAot>");
        Directory.CreateDirectory(feed[$"{Folder}/modèles"]);
        File.Copy(Repository.Path("Tests", "Fixtures", "stories260K.gguf"), feed[$"{Folder}/modèles/süße Geschichte (100%41; neu).Q8_0.gguf"]);
        feed.Write($"{Folder}/Program.cs", "using App;\n" + PackageFeed.Program("SüßeGeschichte10041Neu"));
        feed.DotNet(Folder, "build").Succeeds();
        Assert.Equal(PackageFeed.Golden, feed.DotNet(Folder, feed[$"{Folder}/bin/Debug/net10.0/odd.dll"]).Succeeds().Output);
    }

    [Fact]
    public void A_native_application_is_one_file_that_runs_alone()
    {
        NativeTools.SkipWithout();
        feed.Project("native/native.csproj", PackageFeed.Reference + PackageFeed.Model(), Exe + "<TargetFramework>net10.0</TargetFramework><PublishAot>true</PublishAot>");
        feed.Write("native/Program.cs", "using App;\n" + PackageFeed.Program());
        var publish = feed.DotNet("native", "publish", "-r", NativeTools.Target, "-o", feed["native/out"]).Succeeds();
        Assert.DoesNotContain("warning", publish.Output);
        Assert.Equal(["native"], Directory.GetFileSystemEntries(feed["native/out"]).Select(Path.GetFileName));
        Assert.Equal(PackageFeed.Golden, ConsumerProject.RunAlone(feed["native/out"], feed["native/out/native"]).Succeeds().Output);
    }

    [Fact]
    public void A_native_arm64_application_is_published_from_x64_and_says_the_same()
    {
        NativeTools.SkipWithoutArm64();
        feed.Project("arm64/arm64.csproj", PackageFeed.Reference + PackageFeed.Model(), Exe + "<TargetFramework>net10.0</TargetFramework><PublishAot>true</PublishAot>");
        feed.Write("arm64/Program.cs", "using App;\n" + PackageFeed.Program());
        var publish = feed.Run("arm64", "bash", Repository.Path("eng", "publish-arm64.sh"), "arm64.csproj", feed["arm64/out"], "--nologo", "-nodeReuse:false").Succeeds();
        Assert.Contains("native code for armv8.2-a,dotprod", publish.Output);
        Assert.DoesNotContain("warning", publish.Output);
        Assert.Equal(PackageFeed.Golden, feed.Run("arm64/out", "qemu-aarch64-static", "-L", NativeTools.Arm64Root, "-cpu", "max", feed["arm64/out/arm64"]).Succeeds().Output);
    }

    [Fact]
    public void A_single_file_application_needs_no_other_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "publishes for the Linux that it runs on");
        feed.Project("single/single.csproj", PackageFeed.Reference + PackageFeed.Model());
        feed.Write("single/Program.cs", "using App;\n" + PackageFeed.Program());
        feed.DotNet("single", "publish", "-r", NativeTools.Target, "--self-contained", "true", "-p:PublishSingleFile=true", "-o", feed["single/out"]).Succeeds();
        Assert.Equal(["single"], Directory.GetFileSystemEntries(feed["single/out"]).Select(Path.GetFileName));
        Assert.Equal(PackageFeed.Golden, ConsumerProject.RunAlone(feed["single/out"], feed["single/out/single"]).Succeeds().Output);
    }

    [Fact]
    public async Task Builds_of_one_model_at_the_same_time_do_not_collide()
    {
        foreach (var name in new[] { "a", "b" })
        {
            feed.Project($"same/{name}/app.csproj", PackageFeed.Reference + PackageFeed.Model());
            feed.Write($"same/{name}/Program.cs", "using App;\n" + PackageFeed.Program());
            feed.DotNet($"same/{name}", "restore", "--nologo").Succeeds();
        }

        // Two projects share the cache, and two targets of one project its obj/modelpack.
        var builds = await Task.WhenAll(new[] { ("a", "Debug"), ("a", "Release"), ("b", "Debug") }.Select(
            b => Task.Run(() => feed.DotNet($"same/{b.Item1}", "build", "--no-restore", "-c", b.Item2, $"-p:ModelPackThreads={(b.Item1 == "a" ? 1 : 2)}", "-p:ModelPackCacheFolder=" + feed["same/cache"]))));
        Assert.All(builds, b => b.Succeeds());
        var packs = Packs("same/a").Concat(Packs("same/b")).ToList();
        Assert.Equal(2, packs.Count);
        Assert.Single(packs.Select(p => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(p)))).Distinct());
        Assert.DoesNotContain(Directory.GetFiles(feed["same"], "*", SearchOption.AllDirectories), f => f.EndsWith(".tmp", StringComparison.Ordinal) || f.EndsWith(".new", StringComparison.Ordinal));
    }

    private string[] Packs(string folder) => Directory.GetFiles(feed[folder + "/obj/modelpack"], "*.mpk", SearchOption.AllDirectories);
}
