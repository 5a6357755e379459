using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.KernelCheck;

/// <summary>The tiled family: every width and coding, int8 and float products for one and many tokens, dequantised rows, and several weights in one call of the executor.</summary>
internal static unsafe class TiledChecks
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 1), (100, 172), (130, 576)];

    public static IEnumerable<Check> All =>
    [
        .. ((int[])[1, 4, 8]).SelectMany(states => Enumerable.Range(2, 7).Prepend(0).SelectMany(width => Of(new(states, width)))),
        .. ((int[])[4, 8]).SelectMany(states => Of(new(states, Expanded: true))),
        new("tiled linear, 1 thread", (rung, digest) => Linear(rung, 1, digest)),
        new("tiled linear, 3 threads", (rung, digest) => Linear(rung, 3, digest)),
    ];

    private static IEnumerable<Check> Of(TiledShape shape)
    {
        var name = $"{WeightFormat.TiledOf(shape.States)} {(shape.Width == 0 ? "mixed" : $"u{shape.Width}")}{(shape.Expanded ? " expanded" : "")}";
        yield return new($"{name} int8", (rung, digest) => Products(shape, rung, digest, floats: false));
        yield return new($"{name} float", (rung, digest) => Products(shape, rung, digest, floats: true));
        yield return new($"{name} dequantise", (_, digest) => Dequantise(shape, digest));
    }

    private static void Products(TiledShape shape, KernelSet rung, Digest digest, bool floats)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns);
            using var resident = new ResidentTiled(new(rows, columns, shape, random), shape.States);
            foreach (var tokens in (int[])[1, 2, 17])
            {
                var buffer = new byte[QuantizedActivations.TiledBytes(tokens, columns)];
                var y = new float[tokens * rows];
                fixed (byte* b = buffer)
                fixed (float* px = Inputs.Floats(tokens * columns, random), py = y)
                {
                    var a = QuantizedActivations.TiledIn(b, tokens, columns);
                    LaneDispatch.Run(rung, new Quantise(a, (nint)px, resident.Weight.Tiled!, tokens));
                    foreach (var accumulate in (bool[])[false, true])
                    {
                        var call = resident.Call(rung, tokens, py) with { Accumulate = accumulate };
                        if (floats)
                        {
                            resident.Kernel.MultiplyFloat(call, px, columns, 0, (rows + 15) / 16, resident.Scratch);
                        }
                        else
                        {
                            resident.Kernel.MultiplyInt8(call, a, 0, (rows + 15) / 16, resident.Scratch);
                        }

                        digest.Add<float>(y);
                    }
                }
            }
        }
    }

    private static void Dequantise(TiledShape shape, Digest digest)
    {
        using var resident = new ResidentTiled(new(70, 130, shape, new Random(5)), shape.States);
        var values = new float[130];
        for (var row = 0; row < 70; row++)
        {
            resident.Weight.DequantizeRow(row, values);
            digest.Add<float>(values);
        }
    }

    private static void Linear(KernelSet rung, int threads, Digest digest)
    {
        const int Columns = 320;
        var random = new Random(21);
        using var first = new ResidentTiled(new(192, Columns, new(1), random), 1);
        using var second = new ResidentTiled(new(64, Columns, new(8), random), 8);
        using var pool = new WorkerPool(threads);
        using var k = new Executor(new(VocabularySize: 32, ContextLength: 64, ArenaFloats: 1024, MaxWidth: 512, CacheLayers: 1, 1, KeyLength: 8, ValueLength: 8), pool, rung, false);
        foreach (var tokens in (int[])[1, 19])
        {
            k.Begin(new int[tokens], []);
            Activations x = k.Buffer(0, Columns), y = k.Buffer(Columns, 448);
            for (var t = 0; t < tokens; t++)
            {
                Inputs.Floats(Columns, random).CopyTo(new Span<float>(x.Token(t), Columns));
            }

            k.Linear(x, y, first.Weight, second.Weight, first.Weight);
            for (var t = 0; t < tokens; t++)
            {
                digest.Add(new ReadOnlySpan<float>(y.Token(t), y.Width));
            }
        }
    }

    private readonly struct Quantise(QuantizedActivations a, nint x, TiledView weight, int tokens) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            for (var t = 0; t < tokens; t++)
            {
                a.Quantize<L>((float*)x + (t * weight.Columns), weight, t);
            }
        }
    }
}
