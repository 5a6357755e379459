using ModelPack.Compiler.Ir;
using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>
/// The head on its own: logits of a vocabulary are wide, so they exist for <see cref="ChunkTokens"/> tokens at a time, whatever the batch.
/// </summary>
internal sealed unsafe class HeadPass : IDisposable
{
    /// <summary>Tokens whose logits exist at once: 50 MB for a vocabulary of 49,152.</summary>
    public const int ChunkTokens = 256;

    private readonly GraphEngine _engine;
    private readonly WeightRef _matrix;
    private readonly NativeBuffer _logits;

    public HeadPass(GraphEngine engine)
    {
        _engine = engine;
        _matrix = ((LinearOp)engine.Head.Op).Matrices[0];
        _logits = new((long)ChunkTokens * _matrix.Rows * sizeof(float));
    }

    public int Vocabulary => _matrix.Rows;

    public int Width => _matrix.Columns;

    /// <summary>Logits of at most <see cref="ChunkTokens"/> tokens; valid, and may be written to, until the next call.</summary>
    /// <param name="h">The head's input, [tokens, Width].</param>
    /// <param name="tokens">How many.</param>
    public float* Logits(float* h, int tokens)
    {
        _engine.Gemm.Multiply(_engine.Workers, new(h, tokens, Width), _engine.Matrices.Forward(_matrix), _logits.Floats, Vocabulary, accumulate: false);
        if (_engine.HeadBias is { } bias)
        {
            fixed (float* b = _engine.Matrices.Vector(bias))
            {
                RowRange.Run(_engine.Kernels, new Ops.BiasKernel(_logits.Floats, b, _logits.Floats, Vocabulary), 0, tokens);
            }
        }

        return _logits.Floats;
    }

    /// <summary>dh = dLogits W, for what <see cref="Logits"/> gave and the caller turned into a gradient.</summary>
    public void Back(float* dh, int tokens) =>
        _engine.Gemm.Multiply(_engine.Workers, new(_logits.Floats, tokens, Vocabulary), _engine.Matrices.Backward(_matrix), dh, Width, accumulate: false);

    public void Dispose() => _logits.Dispose();
}
