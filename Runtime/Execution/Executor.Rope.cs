using ModelPack.Kernels;

namespace ModelPack.Execution;

public sealed unsafe partial class Executor
{
    private NativeBuffer _rope = new(0);
    private Weight? _ropeTable;
    private float _ropeMagnitude;
    private int _ropePairs;

    /// <summary>
    /// Rotary position embedding in place on <paramref name="heads"/> heads (Su et al. 2021). <paramref name="inverseFrequencies"/>: f32 vector of
    /// dimensions/2 angles per position, every scaling (linear, llama-3, YaRN) already in it; cos and sin are multiplied by <paramref name="magnitude"/> (YaRN's).
    /// </summary>
    /// <param name="x">Queries or keys of the batch.</param>
    /// <param name="heads">Number of heads in x.</param>
    /// <param name="inverseFrequencies">Radians per position for each pair.</param>
    /// <param name="magnitude">1, or YaRN's attention factor.</param>
    /// <param name="interleaved">Pairs are (2i, 2i+1), as GGUF's llama has them; else (i, i + dimensions/2).</param>
    public void Rope(Activations x, int heads, Weight inverseFrequencies, float magnitude, bool interleaved)
    {
        Require(heads > 0 && x.Width % heads == 0 && 2 * inverseFrequencies.Columns <= x.Width / heads && IsVector(inverseFrequencies, inverseFrequencies.Columns), nameof(Rope));
        if (Tokens == 0)
        {
            return;
        }

        if (!ReferenceEquals(_ropeTable, inverseFrequencies) || _ropeMagnitude != magnitude)
        {
            FillRopeTable(inverseFrequencies, magnitude);
        }

        _elementwise.Heads = heads;
        _elementwise.Interleaved = interleaved;
        Run(ElementwiseOp.Rope, default, x, null, 0f, 2 * x.Width);
    }

    private float* RopeRow(int token) => _rope.Floats + ((nint)token * 2 * _ropePairs);

    /// <summary>Cosines and sines of the batch's positions, once per batch: every layer uses them.</summary>
    private void FillRopeTable(Weight inverseFrequencies, float magnitude)
    {
        _ropePairs = inverseFrequencies.Columns;
        var bytes = (long)Tokens * 2 * _ropePairs * sizeof(float);
        if (bytes > _rope.Bytes)
        {
            _rope.Dispose();
            _rope = new(bytes);
        }

        inverseFrequencies.Require();
        var frequencies = (float*)inverseFrequencies.Data;
        for (var t = 0; t < Tokens; t++)
        {
            var row = RopeRow(t);
            for (var i = 0; i < _ropePairs; i++)
            {
                // The product of an integer below 2^29 and an f32 is exact in double.
                var (sin, cos) = Trigonometry.SinCos((double)(FirstPosition + t) * frequencies[i]);
                row[i] = (float)(cos * magnitude);
                row[_ropePairs + i] = (float)(sin * magnitude);
            }
        }

        _ropeTable = inverseFrequencies;
        _ropeMagnitude = magnitude;
    }
}
