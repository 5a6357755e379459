using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Execution;

/// <summary>Chooses how weights with trellis codes lie in memory (<see cref="ResidentForm"/>), by what a pack's directory says: nothing is decoded for it.</summary>
internal static class ResidentForms
{
    /// <summary>Int8 activations of a sequence in different orders of columns, when a batch is at its widest.</summary>
    private const int Int8Buffers = 4;

    /// <summary>Whether they are expanded.</summary>
    /// <param name="pack">Its weights.</param>
    /// <param name="shape">Sizes of a sequence, the build's memory budget.</param>
    /// <param name="options">The form asked for, and what limits it.</param>
    public static bool IsExpanded(Pack pack, ModelShape shape, ModelOptions options)
    {
        if (options.ResidentForm != ResidentForm.Auto)
        {
            return options.ResidentForm == ResidentForm.Expanded;
        }

        if (shape.CompactFor?.Contains(KernelSets.Resolve(options.Kernels)) == true)
        {
            return false;
        }

        var weights = pack.Tensors.Sum(t => MostBytes(pack, t, expanded: true));
        return weights <= (shape.MemoryBudget > 0 ? shape.MemoryBudget : long.MaxValue)
            && (options.MaxMemoryBytes is not { } limit || weights + OtherBytes(pack, shape, options) <= limit);
    }

    /// <summary>Most bytes that a weight takes once it is decoded: exactly those, but for an expanded one with tiles of the largest width.</summary>
    public static long MostBytes(Pack pack, PackTensor tensor, bool expanded)
    {
        var segment = pack.Segments[tensor.Segment];
        return expanded && segment.Codec == SegmentCodec.Tiled && tensor.Format.States > 1
            ? TiledLayout.MostExpandedBytes(tensor.Rows, tensor.Columns, segment.RawBytes)
            : segment.RawBytes;
    }

    /// <summary>What else the model takes when a sequence fills the whole context, so that weights never have the room of positions.</summary>
    private static long OtherBytes(Pack pack, ModelShape shape, ModelOptions options)
    {
        using var cache = new KvCache(shape);
        return (pack.Find(SegmentKind.Tokenizer)?.RawBytes ?? 0)
            + (pack.Tensors.Count * WeightLoader.MostSlack)
            + cache.BytesFor(Math.Min(shape.ContextLength, options.ContextLength ?? int.MaxValue))
            + ((long)ModelSession.MaxBatch * shape.ArenaFloats * sizeof(float))
            + (Int8Buffers * QuantizedActivations.MostBytes(ModelSession.MaxBatch, shape.MaxWidth))
            + ((long)shape.VocabularySize * sizeof(float));
    }
}
