using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Tests.Build;
using ModelPack.Tests.Platforms;

namespace ModelPack.Tests.Execution;

/// <summary>What decoding leaves in memory, and that nobody is left holding memory that is gone.</summary>
public sealed unsafe class WeightMemoryTests
{
    private static readonly ModelShape s_shape = new(16, 64, 64, 32, 1, 1, 8, 8);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Compressed_bytes_do_not_stay_in_memory(int threads)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells which pages of a file are in memory (/proc/self/smaps)");
        using var folder = new TemporaryFolder();
        var path = folder["large.mpk"];
        File.WriteAllBytes(path, LargePack.Bytes);
        using var model = LoadedModel.OpenFile(path, "test", "", s_shape, new() { Threads = threads, Preload = true });
        Assert.Equal(LargePack.Value(4, 123_456), Row(model.Weights[4], 123_456 / LargePack.Columns)[123_456 % LargePack.Columns]);

        // The directory at the end, the header, and what faults bring in around them: a huge page each at most.
        Assert.InRange(ProcessMemory.Resident(path), 1, 4 << 20);
        Assert.True(LargePack.Bytes.Length > 20 << 20, "too small to tell");
    }

    [Fact]
    public void A_file_that_was_replaced_since_it_was_mapped_does_no_harm()
    {
        using var folder = new TemporaryFolder();
        var other = folder["other"];
        File.WriteAllBytes(other, new byte[LargePack.Bytes.Length]);
        fixed (byte* data = LargePack.Bytes)
        {
            var pack = Pack.Open(data, LargePack.Bytes.Length, "test");
            var segment = pack.Segments[pack.Tensors[2].Segment];
            using var decoder = new ChunkDecoder(pack, new(data, pack.Length, new(other, 0)), KernelSet.Scalar);
            using var raw = new NativeBuffer(segment.RawBytes);
            for (var chunk = 0; chunk < segment.Chunks.Length; chunk++)
            {
                decoder.Decode(segment, chunk, raw.Pointer);
            }

            Assert.Equal(LargePack.Value(2, 1_000_000), raw.Floats[1_000_000]);
        }
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
}
