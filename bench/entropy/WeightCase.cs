using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Profiles;
using ModelPack.Entropy;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Bench;

/// <summary>A chunk of a weight of the grouped family with normally distributed codes, decoded into its resident form.</summary>
internal sealed unsafe class WeightCase
{
    private const int Rows = 1024;
    private const int Columns = 1024;

    private readonly CodedSegment _segment;
    private readonly GroupedDecoder _decoder;
    private readonly byte[] _raw;

    public WeightCase(MatrixKernel kernel)
    {
        var random = new Random(1);
        var layout = new GroupedLayout(kernel.Format, Rows, Columns);
        _raw = RandomWeights.Resident(kernel, Rows, Columns, random);
        SetCodes(layout, random);
        _segment = GroupedEncoder.Encode(_raw, layout, new())!;
        _decoder = GroupedDecoder.Prepare(_segment.Prologue, _raw.Length);
        Bits = 8.0 * _segment.StoredBytes / (Rows * Columns);
    }

    /// <summary>Bits of a weight, scales included.</summary>
    public double Bits { get; }

    /// <summary>Seconds per weight.</summary>
    public Stopwatches.Times Measure(KernelSet rung, double seconds)
    {
        var times = Stopwatches.Measure(() => Run(rung), seconds);
        return new(times.Median / (Rows * Columns), times.Best / (Rows * Columns));
    }

    private void Run(KernelSet rung)
    {
        fixed (byte* raw = _raw)
        {
            var at = raw;
            for (var c = 0; c < _segment.Chunks.Length; c++)
            {
                _decoder.Decode(_segment.Chunks[c], at, _segment.RawBytes[c], rung);
                at += _segment.RawBytes[c];
            }
        }
    }

    private void SetCodes(GroupedLayout layout, Random random)
    {
        var codes = stackalloc byte[CodePlanes.UnitCodes];
        var levels = 1 << layout.Format.CodeBits;
        fixed (byte* raw = _raw)
        {
            var at = raw;
            for (var g = 0; g < layout.RowGroups; g++)
            {
                for (var u = 0; u < layout.Units; u++)
                {
                    for (var i = 0; i < CodePlanes.UnitCodes; i++)
                    {
                        var z = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                        codes[i] = (byte)Math.Clamp((int)Math.Round((z * levels / 4.5) + (levels / 2.0)), 0, levels - 1);
                    }

                    at += layout.HeaderBytes(u);
                    CodePlanes.Pack(codes, layout.Format.CodeBits, at);
                    at += layout.CodeBytes;
                }
            }
        }
    }
}
