using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Kernels;

/// <summary>
/// The executor's operations against plain loops, and the promise that rung, threads and the way a prompt is split change no bit.
/// </summary>
public unsafe class ExecutorTests
{
    private const int Heads = 6;
    private const int KvHeads = 2;
    private const int HeadLength = 24;
    private const int Width = Heads * HeadLength;
    private const int KvWidth = KvHeads * HeadLength;

    private static readonly ModelShape s_shape = new(
        VocabularySize: 32, ContextLength: 512, ArenaFloats: 4096, MaxWidth: 1024, CacheLayers: 2, KvHeads, KeyLength: HeadLength, ValueLength: HeadLength);

    public static TheoryData<KernelSet, int> RungsAndThreads()
    {
        var data = new TheoryData<KernelSet, int>();
        foreach (var rung in KernelSets.Supported)
        {
            data.Add(rung, 1);
            data.Add(rung, 3);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(RungsAndThreads))]
    public void Attention_has_the_same_bits_however_the_prompt_is_split(KernelSet rung, int threads)
    {
        const int Tokens = 210;
        foreach (var window in (int[])[0, 70])
        {
            var expected = Attend(KernelSet.Scalar, 1, window, [Tokens]);
            Assert.Equal(expected, Attend(rung, threads, window, [Tokens]));
            Assert.Equal(expected, Attend(rung, threads, window, [1, 63, 1, 64, 80, 1]));
            Assert.Equal(expected, Attend(rung, threads, window, [.. Enumerable.Repeat(1, Tokens)]));
        }
    }

    [Fact]
    public void Attention_is_the_softmax_weighted_sum()
    {
        const int Tokens = 150;
        foreach (var window in (int[])[0, 70])
        {
            var (q, k, v) = Inputs(Tokens);
            var actual = Attend(KernelSet.Auto, 2, window, [Tokens]);
            for (var t = 0; t < Tokens; t += 7)
            {
                for (var head = 0; head < Heads; head++)
                {
                    var first = window == 0 ? 0 : Math.Max(0, t - window + 1);
                    var kv = head / (Heads / KvHeads) * HeadLength;
                    var scores = Enumerable.Range(first, t - first + 1)
                        .Select(p => Enumerable.Range(0, HeadLength).Sum(d => (double)q[(t * Width) + (head * HeadLength) + d] * k[(p * KvWidth) + kv + d]) * 0.2).ToArray();
                    var weights = scores.Select(s => Math.Exp(s - scores.Max())).ToArray();
                    for (var d = 0; d < HeadLength; d++)
                    {
                        var sum = weights.Select((w, i) => w * v[((first + i) * KvWidth) + kv + d]).Sum() / weights.Sum();
                        Assert.Equal(sum, actual[(t * Width) + (head * HeadLength) + d], 2e-6);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(RungsAndThreads))]
    public void Elementwise_operations_have_the_bits_of_plain_loops(KernelSet rung, int threads)
    {
        const int W = 172, Tokens = 130;
        var random = new Random(7);
        float[] x = Floats(Tokens * 2 * W, random), gain = Floats(W, random);
        fixed (float* g = gain)
        {
            var gainWeight = Vector("gain", g, W);
            using var pool = new WorkerPool(threads);
            using var k = new Executor(s_shape, pool, rung, false);
            k.Begin(new int[Tokens], []);
            Activations a = k.Buffer(0, 2 * W), y = k.Buffer(2 * W, W), left = a.Slice(0, W);
            Fill(a, x, Tokens);

            k.RmsNorm(left, gainWeight, 1e-5f, y);
            Compare(y, Tokens, (t, i) =>
            {
                var row = x.AsSpan(t * 2 * W, W);
                var lanes = new float[16];
                for (var j = 0; j < W; j++)
                {
                    lanes[j % 16] = MathF.FusedMultiplyAdd(row[j], row[j], lanes[j % 16]);
                }

                var r = 1f / MathF.Sqrt((ReferencePlain.Tree(lanes) / W) + 1e-5f);
                return row[i] * r * gain[i];
            });

            k.Add(left, y);
            k.AddBias(y, gainWeight);
            k.Scale(y, 0.25f);
            k.SwiGlu(a, y);
            Compare(y, Tokens, (t, i) =>
            {
                float up = x[(t * 2 * W) + W + i], gate = x[(t * 2 * W) + i];
                return gate / (1f + ScalarExp(-gate)) * up;
            });

            k.Add(left, y);
            k.AddBias(y, gainWeight);
            k.Scale(y, 0.25f);
            Compare(y, Tokens, (t, i) =>
            {
                float up = x[(t * 2 * W) + W + i], gate = x[(t * 2 * W) + i];
                return ((gate / (1f + ScalarExp(-gate)) * up) + gate + gain[i]) * 0.25f;
            });
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rope_rotates_pairs_by_position_times_frequency(bool interleaved)
    {
        const int Tokens = 40, Pairs = 8;
        var frequencies = Enumerable.Range(0, Pairs).Select(i => (float)Math.Pow(10000, -i / (double)Pairs)).ToArray();
        var x = Floats(Tokens * Width, new Random(3));
        fixed (float* f = frequencies)
        {
            using var pool = new WorkerPool(2);
            using var k = new Executor(s_shape, pool, KernelSet.Auto, false);
            k.Begin(new int[Tokens], []);
            k.End(1000);
            k.Begin(new int[Tokens], []);
            var y = k.Buffer(0, Width);
            Fill(y, x, Tokens);
            k.Rope(y, Heads, Vector("frequencies", f, Pairs), 1.5f, interleaved);
            for (var t = 0; t < Tokens; t++)
            {
                for (var i = 0; i < Width; i++)
                {
                    var d = i % HeadLength;
                    var pair = interleaved ? d / 2 : d % Pairs;
                    var second = interleaved ? d % 2 == 1 : d >= Pairs;
                    var other = i + (interleaved ? (second ? -1 : 1) : (second ? -Pairs : Pairs));
                    double angle = (1000.0 + t) * frequencies[Math.Min(pair, Pairs - 1)], expected = x[(t * Width) + i];
                    if (d < 2 * Pairs)
                    {
                        var (cos, sin) = (Math.Cos(angle) * 1.5, Math.Sin(angle) * 1.5);
                        expected = second ? (x[(t * Width) + other] * sin) + (x[(t * Width) + i] * cos) : (x[(t * Width) + i] * cos) - (x[(t * Width) + other] * sin);
                    }

                    Assert.Equal(expected, y.Token(t)[i], 2e-6);
                }
            }
        }
    }

    [Fact]
    public void SinCos_is_accurate_to_1e_15_for_large_angles()
    {
        var random = new Random(5);
        for (var i = 0; i < 20000; i++)
        {
            var x = random.NextDouble() * Math.Pow(10, random.Next(-3, 7)) * (i % 2 == 0 ? 1 : -1);
            var (sin, cos) = Trigonometry.SinCos(x);
            Assert.Equal(Math.Sin(x), sin, 1e-15);
            Assert.Equal(Math.Cos(x), cos, 1e-15);
        }
    }

    [Fact]
    public void Selected_outputs_are_the_wanted_tokens()
    {
        using var pool = new WorkerPool(1);
        using var k = new Executor(s_shape, pool, KernelSet.Auto, false);
        k.Begin(new int[5], [1, 4]);
        var x = k.Buffer(0, 3);
        Fill(x, [.. Enumerable.Range(0, 15).Select(i => (float)i)], 5);
        k.SelectOutputs(x, x);
        Assert.Equal(2, k.Tokens);
        Assert.Equal([3f, 4f, 5f], new ReadOnlySpan<float>(x.Token(0), 3).ToArray());
        Assert.Equal([12f, 13f, 14f], new ReadOnlySpan<float>(x.Token(1), 3).ToArray());
    }

    private static float[] Attend(KernelSet rung, int threads, int window, int[] batches)
    {
        var (q, k, v) = Inputs(batches.Sum());
        using var pool = new WorkerPool(threads);
        using var executor = new Executor(s_shape, pool, rung, false);
        var result = new List<float>();
        var done = 0;
        foreach (var batch in batches)
        {
            executor.Begin(new int[batch], []);
            Activations bq = executor.Buffer(0, Width), bk = executor.Buffer(Width, KvWidth), bv = executor.Buffer(Width + KvWidth, KvWidth), y = executor.Buffer(1024, Width);
            Fill(bq, q[(done * Width)..], batch);
            Fill(bk, k[(done * KvWidth)..], batch);
            Fill(bv, v[(done * KvWidth)..], batch);
            executor.Attention(bq, bk, bv, 1, 0.2f, window, y);
            result.AddRange(new ReadOnlySpan<float>(y.Data, batch * Width));
            done += batch;
            executor.End(done);
        }

        return [.. result];
    }

    private static (float[] Q, float[] K, float[] V) Inputs(int tokens)
    {
        var random = new Random(11);
        return (Floats(tokens * Width, random), Floats(tokens * KvWidth, random), Floats(tokens * KvWidth, random));
    }

    private static float[] Floats(int count, Random random) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 4)];

    private static float ScalarExp(float x)
    {
        var values = stackalloc float[16];
        ScalarLanes.Store(Lanes.Exp(ScalarLanes.Broadcast(x)), values);
        return values[0];
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

    private static void Compare(Activations actual, int tokens, Func<int, int, float> expected)
    {
        for (var t = 0; t < tokens; t++)
        {
            for (var i = 0; i < actual.Width; i++)
            {
                var e = expected(t, i);
                Assert.True(BitConverter.SingleToInt32Bits(e) == BitConverter.SingleToInt32Bits(actual.Token(t)[i]), $"[{t}, {i}]: {actual.Token(t)[i]:R} instead of {e:R}");
            }
        }
    }
}
