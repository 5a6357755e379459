using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Entropy;

/// <summary>A random weight of the grouped family and what the coder makes of it.</summary>
internal sealed unsafe class CodedWeight
{
    public CodedWeight(MatrixKernel kernel, int rows, int columns, int seed, int threads = 2, Func<Random, Half>? scales = null)
    {
        var random = new Random(seed);
        var layout = new GroupedLayout(kernel.Format, rows, columns);
        Resident = RandomWeights.Resident(kernel, rows, columns, random);
        if (scales is not null)
        {
            SetHalfScales(layout, () => scales(random));
        }

        Segment = GroupedEncoder.Encode(Resident, layout, new() { MaxDegreeOfParallelism = threads })!;
    }

    public byte[] Resident { get; }

    public CodedSegment Segment { get; }

    public CodedCase Case => new(Segment, prologue => GroupedDecoder.Prepare(prologue, Resident.Length));

    public byte[] Decode(KernelSet rung) => Decode(Segment, Resident.Length, rung);

    public static byte[] Decode(CodedSegment segment, int bytes, KernelSet rung)
    {
        var raw = new byte[bytes];
        var decoder = GroupedDecoder.Prepare(segment.Prologue, bytes);
        var at = 0;
        for (var c = 0; c < segment.Chunks.Length; c++)
        {
            fixed (byte* r = raw.AsSpan(at, segment.RawBytes[c]))
            {
                decoder.Decode(segment.Chunks[c], r, segment.RawBytes[c], rung);
            }

            at += segment.RawBytes[c];
        }

        return raw;
    }

    private void SetHalfScales(GroupedLayout layout, Func<Half> scale)
    {
        var at = 0;
        for (var g = 0; g < layout.RowGroups; g++)
        {
            for (var u = 0; u < layout.Units; u++)
            {
                for (var i = 0; i < layout.HeaderBytes(u); i += 2)
                {
                    BitConverter.TryWriteBytes(Resident.AsSpan(at + i), scale());
                }

                at += layout.HeaderBytes(u) + layout.CodeBytes;
            }
        }
    }
}
