using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// A quantised encoding. A descriptor says how a block falls apart into codes and scales (<see cref="SplitBlock"/>), once; both the resident form
/// and dequantisation follow from it. Bit layouts: ggml/src/ggml-common.h (github.com/ggml-org/ggml).
/// </summary>
/// <remarks>
/// Every product scale · level is exact in f32 (11 bits of an IEEE half, at most 7 of a sub-scale, at most 6 of a level), so the order in which ggml
/// multiplies does not matter, and with a minimum there is one rounding whether fused or not.
/// </remarks>
internal abstract class BlockEncoding : TensorEncoding
{
    private readonly int[] _halfScales;
    private readonly float[] _levels = new float[256];

    /// <param name="name">As GGUF tools print it.</param>
    /// <param name="ggmlId">ggml's type number.</param>
    /// <param name="blockElements">Elements in a block.</param>
    /// <param name="blockBytes">Bytes of a block.</param>
    /// <param name="resident">Grouped format that keeps it exactly.</param>
    /// <param name="halfScales">Byte positions of IEEE halves in a block: scales and minima, checked to be finite.</param>
    protected BlockEncoding(string name, int ggmlId, int blockElements, int blockBytes, WeightFormat resident, params int[] halfScales)
    {
        (Name, GgmlId, BlockElements, BlockBytes, Resident, _halfScales) = (name, ggmlId, blockElements, blockBytes, resident, halfScales);
        var codebook = Codebooks.Of(resident.Codebook);
        for (var code = 0; code < 1 << resident.CodeBits; code++)
        {
            _levels[code] = codebook.IsEmpty ? code - resident.Offset : codebook[code];
        }
    }

    public sealed override string Name { get; }

    public sealed override int GgmlId { get; }

    public sealed override int BlockElements { get; }

    public sealed override int BlockBytes { get; }

    public sealed override WeightFormat Resident { get; }

    /// <summary>Codes and scales of one block; <paramref name="to"/> need not be zero before.</summary>
    protected abstract void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to);

    public sealed override void Split(ReadOnlySpan<byte> rowBlocks, GroupedRow row)
    {
        var blocks = Blocks(rowBlocks);
        for (var b = 0; b < blocks; b++)
        {
            SplitBlock(rowBlocks.Slice(b * BlockBytes, BlockBytes), GroupedBlock.Of(row, Resident, BlockElements, b));
        }
    }

    public sealed override void Dequantize(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var row = new GroupedRow(BlockElements, Resident);
        var block = GroupedBlock.Of(row, Resident, BlockElements, 0);
        var count = Blocks(blocks);
        for (var b = 0; b < count; b++)
        {
            SplitBlock(blocks.Slice(b * BlockBytes, BlockBytes), block);
            Combine(block, values.Slice(b * BlockElements, BlockElements));
        }
    }

    public override long FirstNonFinite(ReadOnlySpan<byte> row)
    {
        var blocks = Blocks(row);
        for (var b = 0; b < blocks; b++)
        {
            var block = row.Slice(b * BlockBytes, BlockBytes);
            foreach (var position in _halfScales)
            {
                if (!Half.IsFinite(HalfAt(block, position)))
                {
                    return (long)b * BlockElements;
                }
            }
        }

        return -1;
    }

    /// <summary>The IEEE half at a byte position.</summary>
    protected static Half HalfAt(ReadOnlySpan<byte> block, int position) => BinaryPrimitives.ReadHalfLittleEndian(block[position..]);

    /// <summary>A resident format of the grouped family.</summary>
    protected static WeightFormat Grouped(
        byte bits, ushort columns, ScaleKind scale = ScaleKind.F16, bool minimum = false, byte offset = 0, CodebookId codebook = CodebookId.None) =>
        new(WeightFamily.Grouped, CodeBits: bits, GroupColumns: columns, Scale: scale, HasMinimum: minimum, Offset: offset, Codebook: codebook);

    private int Blocks(ReadOnlySpan<byte> bytes) => bytes.Length % BlockBytes == 0
        ? bytes.Length / BlockBytes
        : throw new ArgumentException($"{bytes.Length} bytes are no whole number of {Name} blocks of {BlockBytes}", nameof(bytes));

    private void Combine(in GroupedBlock block, Span<float> values)
    {
        var twoLevel = Resident.Scale == ScaleKind.TwoLevel;
        int columns = Resident.GroupColumns;
        for (var g = 0; g < BlockElements / columns; g++)
        {
            var scale = twoLevel ? (float)block.SuperScale[0] * block.SubScales[g] : block.Scales[g];
            var codes = block.Codes.Slice(g * columns, columns);
            var to = values.Slice(g * columns, columns);
            if (!Resident.HasMinimum)
            {
                for (var i = 0; i < codes.Length; i++)
                {
                    to[i] = scale * _levels[codes[i]];
                }

                continue;
            }

            // Subtracting the negative, as ggml does, keeps the sign of zeros too.
            var minimum = twoLevel ? (float)block.SuperMinimum[0] * -block.SubMinima[g] : -block.Minima[g];
            for (var i = 0; i < codes.Length; i++)
            {
                to[i] = (scale * _levels[codes[i]]) - minimum;
            }
        }
    }
}
