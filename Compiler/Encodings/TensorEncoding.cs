using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// How a tensor's elements are stored in a model file: one descriptor per GGUF tensor type (Q4_1, IQ2_XS, F16 …).
/// Adding one is one file and one line in EncodingTable.
/// </summary>
internal abstract class TensorEncoding
{
    /// <summary>The name that GGUF tools print, for example <c>Q4_K</c>.</summary>
    public abstract string Name { get; }

    /// <summary>ggml's type number, or −1 where only other containers have it.</summary>
    public abstract int GgmlId { get; }

    /// <summary>Elements in a block; rows are whole numbers of blocks.</summary>
    public abstract int BlockElements { get; }

    /// <summary>Bytes of a block.</summary>
    public abstract int BlockBytes { get; }

    /// <summary>
    /// The resident format that keeps this encoding exactly (<c>Quality="Source"</c>): plain for F32, F16, BF16 (F64 and integers become F32 where exact),
    /// grouped for everything quantised.
    /// </summary>
    public abstract WeightFormat Resident { get; }

    /// <summary>Whole blocks to f32, bit-equal to ggml's reference dequantisation. <paramref name="values"/> holds BlockElements per block.</summary>
    public abstract void Dequantize(ReadOnlySpan<byte> blocks, Span<float> values);

    /// <summary>
    /// Splits one row of a quantised encoding into codes and scales of the <see cref="Resident"/> format, so that
    /// <c>scale · (code − Offset) + minimum</c> (or <c>scale · Codebook[code]</c>), evaluated as fma(scale, code − Offset, minimum) in f32,
    /// has the very bits of <see cref="Dequantize"/>.
    /// </summary>
    /// <exception cref="NotSupportedException">Plain encodings.</exception>
    public virtual void Split(ReadOnlySpan<byte> rowBlocks, GroupedRow row) => throw new NotSupportedException(Name);
}

/// <summary>
/// One row in the terms of the grouped family; arrays are sized for the row by whoever calls (codes: columns, scales: columns / GroupColumns,
/// super scales: columns / 256 rounded up).
/// </summary>
internal sealed class GroupedRow(int columns, WeightFormat format)
{
    /// <summary>Unsigned codes, one per column, before Offset is subtracted.</summary>
    public byte[] Codes { get; } = new byte[columns];

    /// <summary>Scale per group, as f32; kinds F16, F32 and PowerOfTwo (exactly representable in the kind's own storage).</summary>
    public float[] Scales { get; } = new float[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>Minimum per group (as f32, added), where the format has one; not for TwoLevel.</summary>
    public float[] Minima { get; } = new float[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>TwoLevel: signed factor per group.</summary>
    public sbyte[] SubScales { get; } = new sbyte[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>TwoLevel: signed factor per group for the minimum (for K-quants −m).</summary>
    public sbyte[] SubMinima { get; } = new sbyte[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>TwoLevel: f16 bits per 256 columns.</summary>
    public Half[] SuperScales { get; } = new Half[(columns + 255) / 256];

    /// <summary>TwoLevel: f16 bits per 256 columns for the minimum.</summary>
    public Half[] SuperMinima { get; } = new Half[(columns + 255) / 256];
}
