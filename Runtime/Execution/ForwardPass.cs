using System.ComponentModel;

namespace ModelPack.Execution;

/// <summary>
/// The forward computation of one model: a straight line of kernel calls on an <see cref="Executor"/>. Generated for the
/// model by the source generator; the Compiler's interpreter of the plan is the other implementation.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ForwardPass
{
    /// <summary>Runs the executor's current batch: its token ids in, the logits of the wanted tokens out.</summary>
    public abstract void Run(Executor k);
}

/// <summary>What the runtime must know of a model's sizes before it can run it. All from the plan.</summary>
/// <param name="VocabularySize">Number of logits per token.</param>
/// <param name="ContextLength">Most positions that a sequence may have.</param>
/// <param name="ArenaFloats">Floats of activation memory per token of a batch (excluding logits).</param>
/// <param name="MaxWidth">Widest activation that is multiplied by a weight (columns), for the int8 buffers.</param>
/// <param name="CacheLayers">Number of attention operations, each with its slot of the KV cache.</param>
/// <param name="KvHeads">Key and value heads per layer.</param>
/// <param name="KeyLength">Dimension of a key (and query) head.</param>
/// <param name="ValueLength">Dimension of a value head.</param>
/// <param name="MemoryBudget">Most bytes that weights were to take in memory; 0: nothing was said.</param>
/// <param name="CompactFor">Rungs on which trellis codes are multiplied as they are no slower than expanded; null: none.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record ModelShape(
    int VocabularySize,
    int ContextLength,
    int ArenaFloats,
    int MaxWidth,
    int CacheLayers,
    int KvHeads,
    int KeyLength,
    int ValueLength,
    long MemoryBudget = 0,
    IReadOnlyList<KernelSet>? CompactFor = null);
