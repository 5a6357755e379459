namespace ModelPack.Tests.Build;

/// <summary>
/// One project with two models, built again and again as its owner would: each build takes seconds, so it happens once and
/// <see cref="IncrementalBuildTests"/> looks at what it left.
/// </summary>
public sealed class IncrementalBuildScenario : IDisposable
{
    private readonly ConsumerProject _project = new("""<CompressedModel Include="models/*.gguf" />""", "<RootNamespace>Consumer</RootNamespace>");

    public IncrementalBuildScenario()
    {
        var model = Repository.Path("Tests", "Fixtures", "stories260K.gguf");
        _project.Copy(model, "models/stories260K.gguf");
        _project.Copy(model, "models/second-story.Q8_0.gguf");
        _project.Write("Program.cs", Program("1"));

        DesignTime = Build("-t:Restore;Compile", "-p:DesignTimeBuild=true", "-p:BuildingProject=false");
        First = Build();
        FirstRun = _project.DotNet(_project["bin/Release/net10.0/app.dll"]);
        NoChange = Build();

        _project.Write("Program.cs", Program("2"));
        CodeChanged = Build();

        foreach (var file in Directory.GetFiles(_project["models"]))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
        }

        ModelTouched = Build();
        MetadatumChanged = Build("-p:ModelPackContextLength=64");
        _project.DotNet("clean", "-c", "Release", "--nologo").Succeeds();
        Cleaned = new(new(0, "", ""), [], default, Files());
    }

    /// <summary>What a build printed, the packs it left with their times, the time of the assembly, all files under obj/modelpack.</summary>
    internal sealed record Step(BuildResult Result, string[] Packs, DateTime Assembly, string[] Files);

    internal Step DesignTime { get; }

    internal Step First { get; }

    internal BuildResult FirstRun { get; }

    internal Step NoChange { get; }

    internal Step CodeChanged { get; }

    internal Step ModelTouched { get; }

    internal Step MetadatumChanged { get; }

    internal Step Cleaned { get; }

    public void Dispose() => _project.Dispose();

    private static string Program(string edit) => $$"""
        using Consumer;
        using ModelPack;

        // Edit {{edit}}.
        var options = new GenerateOptions { MaxTokens = 8 };
        Console.WriteLine(Stories260K.Generate("Once upon a time", options));
        Console.WriteLine(SecondStory.Generate("Once upon a time", options));
        foreach (var name in typeof(Stories260K).Assembly.GetManifestResourceNames().Order())
        {
            Console.WriteLine(name);
        }
        """;

    private Step Build(params string[] arguments)
    {
        var result = _project.DotNet(["build", "-c", "Release", "--nologo", "-v:n", "-nodeReuse:false", "-p:UseSharedCompilation=false", .. arguments]);
        var packs = _project.Outputs(".mpk").Order().Select(p => $"{Path.GetFileName(p)} {File.GetLastWriteTimeUtc(p).Ticks}").ToArray();
        var assembly = _project["bin/Release/net10.0/app.dll"];
        return new(result, packs, File.Exists(assembly) ? File.GetLastWriteTimeUtc(assembly) : default, Files());
    }

    private string[] Files() => _project.Outputs("");
}
