namespace ModelPack.Tests.Build;

/// <summary>What a user sees in the build's output when something is wrong.</summary>
[Trait("Lane", "build")]
public sealed class ProjectErrorTests
{
    [Fact]
    public void Errors_of_items_stand_at_the_project_file_all_at_once()
    {
        using var project = new ConsumerProject("""
            <CompressedModel Include="missing.gguf" />
            <CompressedModel Include="tiny.Q4_0.gguf;tiny.Q8_0.gguf" />
            <CompressedModel Include="tiny.Q8_0.gguf" Name="Other" Embed="Sidecar" ContextLenght="5" />
            """);
        project.Write("tiny.Q4_0.gguf", "");
        project.Write("tiny.Q8_0.gguf", "");
        var result = project.DotNet("msbuild", "-nologo", "-t:ModelPack", "-nodeReuse:false").Fails();
        Assert.Contains($"{project["app.csproj"]} : error MP1001: model file 'missing.gguf' does not exist", result.Output);
        Assert.Contains($"{project["app.csproj"]} : error MP1005: models 'tiny.Q4_0.gguf' and 'tiny.Q8_0.gguf' both become the class 'app.Tiny'", result.Output);
        Assert.Contains("error MP1007: model 'tiny.Q8_0.gguf': Embed=\"Sidecar\" is not available yet. What works today: Resource", result.Output);
        Assert.Contains("MP1008: model 'tiny.Q8_0.gguf': nobody reads the metadatum ContextLenght; did you mean ContextLength?", result.Output);
    }

    [Fact]
    public void A_file_that_is_no_model_is_the_compilers_error_at_that_file_and_leaves_nothing()
    {
        using var project = new ConsumerProject("""<CompressedModel Include="bad.gguf" />""");
        project.Write("bad.gguf", "this is not a model, although it is called one");
        var result = project.DotNet("msbuild", "-nologo", "-t:ModelPack", "-nodeReuse:false").Fails();
        Assert.Matches($@"{System.Text.RegularExpressions.Regex.Escape(project["bad.gguf"])} : error MP2\d\d\d: ", result.Output);
        Assert.DoesNotContain("MP1011", result.Output);
        Assert.Empty(project.Outputs(".shape"));
        Assert.Empty(project.Outputs(".inspected"));
        Assert.Empty(project.Outputs(".new"));
    }

    [Theory]
    [InlineData("-p:TargetFramework=netstandard2.0")]
    [InlineData("-p:Language=F#")]
    public void A_project_that_cannot_have_models_is_MP1013(string property)
    {
        using var project = new ConsumerProject("""<CompressedModel Include="x.gguf" />""");
        project.Write("x.gguf", "");
        var result = project.DotNet("msbuild", "-nologo", "-t:ModelPackResolve", "-nodeReuse:false", property).Fails();
        Assert.Contains("error MP1013", result.Output);
    }
}
