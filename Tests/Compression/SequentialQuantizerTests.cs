using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Quantize;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Compression;

/// <summary>The sequential form on stories260K.</summary>
public sealed class SequentialQuantizerTests : IDisposable
{
    private static readonly QuantizerOptions s_options = new(2e-6, 8);

    private readonly ModelSource _source = ModelSource.Open(Repository.Path("Tests", "Fixtures", "stories260K.gguf"));
    private readonly Compiler.Ir.Graph _graph;
    private readonly CalibratedModel _model;
    private readonly SourceWeights _weights = new(KernelSet.Scalar);
    private readonly Workers _workers = new(2, CancellationToken.None);

    public SequentialQuantizerTests()
    {
        var model = ArchitectureTable.Build(_source);
        _graph = model.Graph;
        _model = CalibratedModel.Of(_source, model, CalibrationTexts.Read([]), new(16, 4), _workers, null, _ => { });
    }

    private MatrixInput[] Inputs => CalibrationStage.Inputs(_graph, _model);

    public void Dispose() => _source.Dispose();

    [Fact]
    public void A_matrix_behind_exact_ones_is_rounded_as_by_itself_and_one_behind_it_is_not()
    {
        MatrixInput first = Inputs.Single(i => i.Name == "blk.0.attn_v.weight"), second = Inputs.Single(i => i.Name == "blk.0.attn_output.weight");
        var alone = ModelQuantizer.Run([first, second], s_options, _ => { }, default);
        var progress = new List<double>();
        // Their order does not matter: the graph's does.
        var followed = Sequential([second, first], progress.Add);

        Assert.Equal(["blk.0.attn_output.weight", "blk.0.attn_v.weight"], followed.Matrices.Select(m => m.Input.Name));
        Assert.Equal(alone.Matrices[0].Matrix.Codes, followed.Matrices[1].Matrix.Codes);
        Assert.NotEqual(alone.Matrices[1].Matrix.Codes, followed.Matrices[0].Matrix.Codes);
        Assert.Equal(progress.Order(), progress);
        Assert.Equal(1, progress[^1]);
    }

    [Fact]
    public void A_model_that_follows_its_stream_is_nearer_to_the_original_on_held_out_text()
    {
        using var heldOut = new HeldOutEvaluation(_graph, _weights, _model.Windows.HeldOut, _workers);
        double Divergence(QuantizedModel model) => heldOut.DivergenceOf(
            new ReplacedWeights(_weights, model.Matrices.ToDictionary(m => m.Input.Name, IWeightRows (m) => new QuantizedRows(m.Matrix)))).Mean;
        double plain = Divergence(ModelQuantizer.Run(Inputs, s_options, _ => { }, default)), followed = Divergence(Sequential(Inputs, _ => { }));

        Assert.InRange(plain, 0.03, 0.3);
        Assert.True(followed < 0.97 * plain, $"{followed} and {plain}");
    }

    private QuantizedModel Sequential(MatrixInput[] inputs, Action<double> progress) =>
        new SequentialQuantizer(_graph, _weights, _model.Windows.Calibration, _workers).Run(inputs, s_options, progress);
}
