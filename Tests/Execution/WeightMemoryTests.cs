using System.Globalization;
using ModelPack.Execution;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Execution;

/// <summary>What decoding leaves in memory, and that nobody is left holding memory that is gone.</summary>
public sealed unsafe class WeightMemoryTests
{
    private static readonly ModelShape s_shape = new(16, 64, 64, 32, 1, 1, 8, 8);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_pages_of_decoded_chunks_go_back_to_the_file(int threads)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells which pages of a file are in memory (/proc/self/smaps)");
        using var folder = new TemporaryFolder();
        var path = folder["large.mpk"];
        File.WriteAllBytes(path, LargePack.Bytes);
        using var model = LoadedModel.OpenFile(path, "test", "", s_shape, new() { Threads = threads, Preload = true });
        Assert.Equal(LargePack.Value(4, 123_456), Row(model.Weights[4], 123_456 / LargePack.Columns)[123_456 % LargePack.Columns]);

        // The directory at the end, the header, and what faults bring in around them.
        Assert.InRange(Resident(path), 1, 512 << 10);
    }

    [Fact]
    public void Disposing_while_weights_are_decoded_is_safe()
    {
        var random = new Random(5);
        for (var round = 0; round < 60; round++)
        {
            var model = Open(threads: 1 + (round % 3));
            using var begun = new Barrier(3);
            var readers = Enumerable.Range(0, 2).Select(r => Task.Factory.StartNew(
                () =>
                {
                    begun.SignalAndWait();
                    for (var t = r; ; t = (t + 1) % LargePack.Tensors)
                    {
                        Assert.Equal(LargePack.Value(t, 7 * LargePack.Columns), Row(model.Weights[t], 7)[0]);
                    }
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)).ToArray();
            begun.SignalAndWait(TestContext.Current.CancellationToken);
            Thread.SpinWait(random.Next(1, 200_000));
            model.Dispose();
            Assert.All(readers, r => Assert.IsType<ObjectDisposedException>(Assert.Throws<AggregateException>(r.Wait).InnerException));
        }
    }

    private static LoadedModel Open(int threads)
    {
        var memory = new NativeBuffer(LargePack.Bytes.Length);
        LargePack.Bytes.CopyTo(new Span<byte>(memory.Pointer, LargePack.Bytes.Length));
        return LoadedModel.Open(memory.Pointer, LargePack.Bytes.Length, "test", "", s_shape, new() { Threads = threads }, memory);
    }

    private static float[] Row(Weight weight, int row)
    {
        var values = new float[weight.Columns];
        weight.DequantizeRow(row, values);
        return values;
    }

    /// <summary>Bytes of a file that are mapped into this process and in memory.</summary>
    private static long Resident(string path)
    {
        var (inside, kilobytes) = (false, 0L);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            // 7f0000000000-7f0000001000 r--s 00000000 fe:00 1234   /path
            // Rss:                   4 kB
            inside = line.Contains('-') && line.Contains(" r") ? line.EndsWith(path, StringComparison.Ordinal) : inside;
            if (inside && line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                kilobytes += long.Parse(line.AsSpan(4, line.Length - 6).Trim(), CultureInfo.InvariantCulture);
            }
        }

        return kilobytes << 10;
    }
}
