using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.KernelCheck;

/// <summary>The executor's operations with one thread and with three, a prompt in one piece and in several.</summary>
internal static unsafe class ExecutorChecks
{
    private const int Heads = 6;
    private const int KvHeads = 2;
    private const int HeadLength = 24;
    private const int Width = Heads * HeadLength;
    private const int KvWidth = KvHeads * HeadLength;

    private static readonly ModelShape s_shape = new(
        VocabularySize: 32, ContextLength: 512, ArenaFloats: 4096, MaxWidth: 1024, CacheLayers: 2, KvHeads, KeyLength: HeadLength, ValueLength: HeadLength);

    public static IEnumerable<Check> All =>
    [
        .. Twice("attention", (rung, threads, digest) => Attention(rung, threads, 0, [150], digest)),
        .. Twice("attention in pieces", (rung, threads, digest) => Attention(rung, threads, 0, [1, 63, 1, 64, 20, 1], digest)),
        .. Twice("attention in a window", (rung, threads, digest) => Attention(rung, threads, 70, [100, 1, 49], digest)),
        .. Twice("elementwise", Elementwise),
        .. Twice("linear int8", (rung, threads, digest) => Linear(rung, threads, false, digest)),
        .. Twice("linear float", (rung, threads, digest) => Linear(rung, threads, true, digest)),
    ];

    private static IEnumerable<Check> Twice(string name, Action<KernelSet, int, Digest> run) =>
    [
        new($"{name}, 1 thread", (rung, digest) => run(rung, 1, digest)),
        new($"{name}, 3 threads", (rung, digest) => run(rung, 3, digest)),
    ];

    private static void Attention(KernelSet rung, int threads, int window, int[] batches, Digest digest)
    {
        var random = new Random(11);
        var tokens = batches.Sum();
        float[] q = Inputs.Floats(tokens * Width, random, 1), k = Inputs.Floats(tokens * KvWidth, random, 1), v = Inputs.Floats(tokens * KvWidth, random, 1);
        using var pool = new WorkerPool(threads);
        using var executor = new Executor(s_shape, pool, rung, false);
        var done = 0;
        foreach (var batch in batches)
        {
            executor.Begin(new int[batch], []);
            Activations bq = executor.Buffer(0, Width), bk = executor.Buffer(Width, KvWidth), bv = executor.Buffer(Width + KvWidth, KvWidth), y = executor.Buffer(1024, Width);
            Fill(bq, q.AsSpan(done * Width), batch);
            Fill(bk, k.AsSpan(done * KvWidth), batch);
            Fill(bv, v.AsSpan(done * KvWidth), batch);
            executor.Attention(bq, bk, bv, 1, 0.2f, window, y);
            Add(digest, y, batch);
            done += batch;
            executor.End(done);
        }
    }

    private static void Elementwise(KernelSet rung, int threads, Digest digest)
    {
        const int W = 172, Tokens = 100, Pairs = 8;
        var random = new Random(7);
        float[] x = Inputs.Floats(Tokens * 2 * W, random), gain = Inputs.Floats(W, random), frequencies = [.. Enumerable.Range(0, Pairs).Select(i => 1f / (1 + (i * i * 37)))];
        fixed (float* g = gain, f = frequencies)
        {
            var gainWeight = Vector("gain", g, W);
            using var pool = new WorkerPool(threads);
            using var k = new Executor(s_shape, pool, rung, false);
            k.Begin(new int[Tokens], []);
            Activations a = k.Buffer(0, 2 * W), y = k.Buffer(2 * W, W);
            Fill(a, x, Tokens);
            k.RmsNorm(a.Slice(0, W), gainWeight, 1e-5f, y);
            Add(digest, y, Tokens);
            k.Add(a.Slice(0, W), y);
            k.AddBias(y, gainWeight);
            k.Scale(y, 0.3f);
            Add(digest, y, Tokens);
            k.SwiGlu(a, y);
            Add(digest, y, Tokens);
            k.Rope(y, 4, Vector("frequencies", f, Pairs), 1.1f, interleaved: true);
            k.Rope(y, 4, Vector("frequencies", f, Pairs), 1.1f, interleaved: false);
            Add(digest, y, Tokens);
        }
    }

    private static void Linear(KernelSet rung, int threads, bool floats, Digest digest)
    {
        const int Rows = 200, Columns = 160;
        var random = new Random(13);
        foreach (var index in (int[])[0, 3, 8, 11, 14])
        {
            var kernel = KernelTable.All[index];
            fixed (byte* w = RandomWeights.Resident(kernel, Rows, Columns, random))
            {
                var weight = new Weight("w", kernel, Rows, Columns);
                weight.Attach(w);
                using var pool = new WorkerPool(threads);
                using var k = new Executor(s_shape, pool, rung, floats);
                foreach (var tokens in (int[])[1, 19])
                {
                    k.Begin(new int[tokens], []);
                    Activations x = k.Buffer(0, Columns), y = k.Buffer(Columns, 2 * Rows);
                    Fill(x, Inputs.Floats(tokens * Columns, random), tokens);
                    k.Linear(x, y, weight, weight);
                    k.LinearAdd(x, y, weight);
                    Add(digest, y, tokens);
                }
            }
        }
    }

    private static Weight Vector(string name, float* data, int length)
    {
        var weight = new Weight(name, KernelTable.Find(WeightFormat.PlainOf(PlainType.F32))!, 1, length);
        weight.Attach((byte*)data);
        return weight;
    }

    private static void Fill(Activations to, ReadOnlySpan<float> values, int tokens)
    {
        for (var t = 0; t < tokens; t++)
        {
            values.Slice(t * to.Width, to.Width).CopyTo(new(to.Token(t), to.Width));
        }
    }

    private static void Add(Digest digest, Activations values, int tokens)
    {
        for (var t = 0; t < tokens; t++)
        {
            digest.Add(new ReadOnlySpan<float>(values.Token(t), values.Width));
        }
    }
}
