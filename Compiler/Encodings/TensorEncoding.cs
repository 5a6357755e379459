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
    /// has the very value of <see cref="Dequantize"/>; the bits too, but for the sign of a zero: ggml multiplies, and a negative scale times 0 is −0.
    /// </summary>
    /// <exception cref="NotSupportedException">Plain encodings.</exception>
    public virtual void Split(ReadOnlySpan<byte> rowBlocks, GroupedRow row) => throw new NotSupportedException(Name);

    /// <summary>
    /// Index of the first element of a row that has no finite f32 value, or −1. Plain floats are looked at one by one (vectorised),
    /// quantised blocks by their scales alone: a bad scale is reported as its block's first element.
    /// </summary>
    public abstract long FirstNonFinite(ReadOnlySpan<byte> row);

    /// <summary>Index of the first integer of a row that is not exactly an f32, or −1. (F64 is rounded, as every tool does.)</summary>
    public virtual long FirstInexact(ReadOnlySpan<byte> row) => -1;
}
