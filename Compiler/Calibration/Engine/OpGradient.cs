using ModelPack.Compiler.Calibration.Engine.Ops;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>An operation of the graph forward and back, on whole windows. One file each, one line in <see cref="OpGradients"/>.</summary>
internal abstract class OpGradient
{
    /// <summary>Computes the node's outputs from its inputs.</summary>
    public abstract void Forward(Tape tape, Node node);

    /// <summary>Adds to the gradients of the inputs what the gradients of the outputs make of them.</summary>
    public abstract void Backward(Tape tape, Node node);
}

/// <summary>Which operations calibration knows.</summary>
internal static class OpGradients
{
    private static readonly Dictionary<Type, OpGradient> s_table = new()
    {
        [typeof(EmbeddingOp)] = new EmbeddingGradient(),
        [typeof(RmsNormOp)] = new RmsNormGradient(),
        [typeof(LinearOp)] = new LinearGradient(),
        [typeof(LinearAddOp)] = new LinearAddGradient(),
        [typeof(AddBiasOp)] = new AddBiasGradient(),
        [typeof(AddOp)] = new AddGradient(),
        [typeof(ScaleOp)] = new ScaleGradient(),
        [typeof(RopeOp)] = new RopeGradient(),
        [typeof(AttentionOp)] = new AttentionGradient(),
        [typeof(SwiGluOp)] = new SwiGluGradient(),
        [typeof(SelectOutputsOp)] = new SelectOutputsGradient(),
        [typeof(InputOp)] = new InputGradient(),
        [typeof(PatchesOp)] = new PatchesGradient(),
        [typeof(BatchNormalizationOp)] = new BatchNormalizationGradient(),
        [typeof(ReluOp)] = new ReluGradient(),
        [typeof(AveragePoolOp)] = new AveragePoolGradient(),
        [typeof(SubsampleOp)] = new SubsampleGradient(),
        [typeof(PositionEmbeddingOp)] = new PositionEmbeddingGradient(),
        [typeof(LayerNormOp)] = new LayerNormGradient(),
        [typeof(GeluOp)] = new GeluGradient(),
        [typeof(WindowMeanOp)] = new WindowMeanGradient(),
        [typeof(UnitLengthOp)] = new UnitLengthGradient(),
    };

    public static IEnumerable<Type> Known => s_table.Keys;

    /// <exception cref="ModelPackException">MP3403.</exception>
    public static OpGradient Of(Op op) => s_table.TryGetValue(op.GetType(), out var gradient) ? gradient : throw new ModelPackException(
        CompilerCodes.CalibrationUnsupported,
        $"calibration cannot differentiate the operation '{op.GetType().Name}' of this model yet. Use Effort=\"Fast\", which does not calibrate, or Quality=\"Source\".");
}
