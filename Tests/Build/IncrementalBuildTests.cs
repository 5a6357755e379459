namespace ModelPack.Tests.Build;

[Trait("Lane", "build")]
public sealed class IncrementalBuildTests(IncrementalBuildScenario scenario) : IClassFixture<IncrementalBuildScenario>
{
    [Fact]
    public void A_design_time_build_yields_the_types_and_packs_nothing()
    {
        scenario.DesignTime.Result.Succeeds();
        Assert.Equal(2, scenario.DesignTime.Result.Runs("inspect"));
        Assert.Equal(0, scenario.DesignTime.Result.Runs("pack"));
        Assert.Equal(["SecondStory.shape", "Stories260K.shape"], Names(scenario.DesignTime, ".shape"));
        Assert.Empty(scenario.DesignTime.Packs);
    }

    [Fact]
    public void The_first_build_packs_each_model_once_and_prints_one_line_for_it()
    {
        scenario.First.Result.Succeeds();
        Assert.Equal(2, scenario.First.Result.Runs("pack"));
        Assert.Equal(2, scenario.First.Packs.Length);
        var summaries = scenario.First.Result.Output.Split('\n').Where(line => line.Contains("bits per weight", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, summaries.Count);
    }

    [Fact]
    public void Both_models_run_from_the_assembly_resources()
    {
        var lines = scenario.FirstRun.Succeeds().Output.TrimEnd().Split('\n');
        Assert.Equal(", there was a little girl", lines[0]);
        Assert.Equal(lines[0], lines[1]);
        Assert.Equal(["ModelPack/Consumer.SecondStory.mpk", "ModelPack/Consumer.Stories260K.mpk"], lines[2..]);
    }

    [Fact]
    public void A_second_build_does_no_model_work_and_no_compilation()
    {
        scenario.NoChange.Result.Succeeds();
        Assert.Equal(0, scenario.NoChange.Result.Runs("inspect") + scenario.NoChange.Result.Runs("pack"));
        Assert.Equal(scenario.First.Packs, scenario.NoChange.Packs);
        Assert.Equal(scenario.First.Assembly, scenario.NoChange.Assembly);
    }

    [Fact]
    public void A_change_of_code_compiles_but_does_not_pack()
    {
        scenario.CodeChanged.Result.Succeeds();
        Assert.Equal(0, scenario.CodeChanged.Result.Runs("inspect") + scenario.CodeChanged.Result.Runs("pack"));
        Assert.Equal(scenario.First.Packs, scenario.CodeChanged.Packs);
        Assert.NotEqual(scenario.First.Assembly, scenario.CodeChanged.Assembly);
    }

    [Fact]
    public void A_model_that_was_only_touched_is_packed_to_the_same_bytes_and_nothing_after_it_is_built()
    {
        scenario.ModelTouched.Result.Succeeds();
        Assert.Equal(2, scenario.ModelTouched.Result.Runs("pack"));
        Assert.Equal(scenario.First.Packs, scenario.ModelTouched.Packs);
        Assert.Equal(scenario.CodeChanged.Assembly, scenario.ModelTouched.Assembly);
    }

    [Fact]
    public void A_change_of_a_metadatum_packs_again()
    {
        scenario.MetadatumChanged.Result.Succeeds();
        Assert.Equal(2, scenario.MetadatumChanged.Result.Runs("pack"));
        Assert.NotEqual(scenario.ModelTouched.Assembly, scenario.MetadatumChanged.Assembly);
    }

    [Fact]
    public void Clean_removes_everything() => Assert.Empty(scenario.Cleaned.Files);

    private static IEnumerable<string?> Names(IncrementalBuildScenario.Step step, string extension) =>
        step.Files.Where(f => Path.GetExtension(f) == extension).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
