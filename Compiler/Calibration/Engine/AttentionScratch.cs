using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>What one worker needs to attend: products of its own and the weights of a block of queries.</summary>
internal sealed unsafe class AttentionScratch : IDisposable
{
    /// <summary>Queries at a time.</summary>
    public const int Block = 64;

    private readonly NativeBuffer _weights;
    private readonly NativeBuffer _gradients;

    public AttentionScratch(GemmWidth width, int positions)
    {
        Positions = positions;
        Gemm = new(width);
        _weights = new((long)Block * positions * sizeof(float));
        _gradients = new((long)Block * positions * sizeof(float));
    }

    public int Positions { get; }

    public Gemm Gemm { get; }

    /// <summary>[Block, positions].</summary>
    public float* Weights => _weights.Floats;

    /// <summary>[Block, positions].</summary>
    public float* Gradients => _gradients.Floats;

    public void Dispose()
    {
        Gemm.Dispose();
        _weights.Dispose();
        _gradients.Dispose();
    }
}
