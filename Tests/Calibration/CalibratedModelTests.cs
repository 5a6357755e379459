using ModelPack.Compiler;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Cache;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;

namespace ModelPack.Tests.Calibration;

/// <summary>Calibration as a build starts it: texts, cache, statistics, held-out windows.</summary>
public sealed class CalibratedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Second_run_takes_its_statistics_from_the_cache()
    {
        using var source = ModelSource.Open(Repository.Path("Tests", "Fixtures", "stories260K.gguf"));
        var model = ArchitectureTable.Build(source);
        var cache = new BuildCache(_folder["cache"]);
        CalibratedModel first = Run(cache, 6), second = Run(cache, 6), other = Run(cache, 5);
        Assert.False(first.FromCache);
        Assert.True(second.FromCache);
        Assert.False(other.FromCache);
        Assert.Equal(first.Statistics.Keys.Order(), second.Statistics.Keys.Order());
        foreach (var (name, statistics) in first.Statistics)
        {
            Assert.Equal(statistics.RowWeights, second.Statistics[name].RowWeights);
            Assert.Equal(statistics.Input.Values, second.Statistics[name].Input.Values);
        }

        using var evaluation = new HeldOutEvaluation(model.Graph, new SourceWeights(KernelSet.Scalar), first.Windows.HeldOut.Range(0, 2), new Workers(2, CancellationToken.None));
        Assert.Equal(0, evaluation.DivergenceOf(new SourceWeights(KernelSet.Scalar)).Mean);
        using var loaded = Interpreted.Load(source.Path);
        Assert.InRange(evaluation.DivergenceOf(loaded.Session).Mean, 0, 1e-7);

        CalibratedModel Run(BuildCache cache, int windows) =>
            CalibratedModel.Of(source, model, CalibrationTexts.Default(), new(windows, 2), new Workers(2, CancellationToken.None), cache, _ => { });
    }

    [Fact]
    public void Package_has_a_mixed_text_of_some_hundred_kilobytes()
    {
        var texts = CalibrationTexts.Read([]);
        Assert.Equal(7, texts.Count);
        Assert.InRange(texts.Sum(t => t.Length), 300_000, 700_000);
        Assert.Contains(texts, t => t.Contains("namespace ModelPack", StringComparison.Ordinal));
        Assert.Contains(texts, t => t.Contains("Candide", StringComparison.Ordinal) && t.Contains("Gregor", StringComparison.Ordinal) && t.Contains("Sancho", StringComparison.Ordinal));
        Assert.Contains(texts, t => t.Contains("National Liberation Front", StringComparison.Ordinal));
        Assert.All(texts, t => Assert.DoesNotContain("<br", t, StringComparison.Ordinal));
        Assert.DoesNotContain(texts, t => t.Contains('\r'));
    }

    [Fact]
    public void Named_texts_are_read_and_what_is_no_text_is_MP3402()
    {
        Assert.Equal(["one", "zwei ä"], CalibrationTexts.Read([_folder.Write("a.txt", "one"), _folder.Write("b.txt", "\uFEFFzwei ä")]));
        File.WriteAllBytes(_folder["c.txt"], [0x61, 0xFF, 0x62]);
        foreach (var (path, part) in new[] { (_folder["none.txt"], "cannot be read"), (_folder.FullPath, "cannot be read"), (_folder["c.txt"], "is not UTF-8"), ("", "cannot be read") })
        {
            var error = Assert.Throws<ModelPackException>(() => CalibrationTexts.Read([path]));
            Assert.Equal(CompilerCodes.CalibrationText, error.Code);
            Assert.Contains(part, error.Message);
        }
    }
}
