using System.ComponentModel;

namespace ModelPack.Execution;

/// <summary>
/// Runs kernels for one sequence: knows the batch, the activation arena, the KV cache, the rung and the worker pool.
/// Each operation is one partial file beside this one; the plan's opcodes have the operations' names
/// (Generator/Plan/KernelCatalog.cs).
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed unsafe partial class Executor
{
    /// <summary>Tokens in the current batch.</summary>
    public int Tokens { get; private set; }

    /// <summary>The region of the arena that starts at <paramref name="offset"/> floats per token, <paramref name="width"/> wide.</summary>
    public Activations Buffer(int offset, int width) => throw new NotImplementedException();

    /// <summary>The logits of the wanted tokens, [wanted, vocabulary]; written by the last operation.</summary>
    public Activations Logits => throw new NotImplementedException();

    /// <summary>y[t, :] = row ids[t] of <paramref name="table"/>.</summary>
    public void Embedding(Weight table, Activations y) => throw new NotImplementedException();

    /// <summary>y[t, :] = x[t, :] / sqrt(mean(x[t, :]²) + epsilon) · gain (Zhang and Sennrich 2019); gain null: folded elsewhere.</summary>
    public void RmsNorm(Activations x, Weight? gain, float epsilon, Activations y) => throw new NotImplementedException();

    /// <summary>y[t, :] = W x[t, :], the results of several weights one after the other in y.</summary>
    public void Linear(Activations x, Activations y, params ReadOnlySpan<Weight> weights) => throw new NotImplementedException();

    /// <summary>y[t, :] += W x[t, :] (a linear layer whose result joins the residual stream).</summary>
    public void LinearAdd(Activations x, Activations y, Weight weight) => throw new NotImplementedException();

    /// <summary>y[t, :] += bias.</summary>
    public void AddBias(Activations y, Weight bias) => throw new NotImplementedException();

    /// <summary>y[t, :] += x[t, :].</summary>
    public void Add(Activations x, Activations y) => throw new NotImplementedException();

    /// <summary>x[t, :] *= factor.</summary>
    public void Scale(Activations x, float factor) => throw new NotImplementedException();

    /// <summary>
    /// Rotary position embedding in place on <c>heads</c> heads of <c>headLength</c> (Su et al. 2021). <paramref name="inverseFrequencies"/>: f32 vector of
    /// dimensions/2 angles per position, every scaling (linear, llama-3, YaRN) already in it; cos and sin are multiplied by <paramref name="magnitude"/> (YaRN's).
    /// </summary>
    /// <param name="x">Queries or keys of the batch.</param>
    /// <param name="heads">Number of heads in x.</param>
    /// <param name="inverseFrequencies">Radians per position for each pair.</param>
    /// <param name="magnitude">1, or YaRN's attention factor.</param>
    /// <param name="interleaved">Pairs are (2i, 2i+1), as GGUF's llama has them; else (i, i + dimensions/2).</param>
    public void Rope(Activations x, int heads, Weight inverseFrequencies, float magnitude, bool interleaved) => throw new NotImplementedException();

    /// <summary>
    /// Appends the batch's keys and values to slot <paramref name="layer"/> of the KV cache and computes causal grouped-query attention:
    /// y[t, h] = softmax(scale · q[t, h]·K) V.
    /// </summary>
    /// <param name="q">[tokens, heads · KeyLength].</param>
    /// <param name="k">[tokens, kvHeads · KeyLength].</param>
    /// <param name="v">[tokens, kvHeads · ValueLength].</param>
    /// <param name="layer">Slot of the cache, 0 … CacheLayers − 1.</param>
    /// <param name="scale">Usually 1/sqrt(KeyLength).</param>
    /// <param name="window">Sliding window in positions; 0: none.</param>
    /// <param name="y">[tokens, heads · ValueLength].</param>
    public void Attention(Activations q, Activations k, Activations v, int layer, float scale, int window, Activations y) => throw new NotImplementedException();

    /// <summary>y = silu(gate) · up, where x = [gate | up], each as wide as y (Shazeer 2020).</summary>
    public void SwiGlu(Activations x, Activations y) => throw new NotImplementedException();

    /// <summary>
    /// Keeps, of the batch, only the tokens whose logits are wanted (the last one, when generating): y[i, :] = x[wanted[i], :].
    /// From here on <see cref="Tokens"/> is the number of wanted tokens; 0 is possible (a prompt's early part), and then operations do nothing.
    /// </summary>
    public void SelectOutputs(Activations x, Activations y) => throw new NotImplementedException();
}
