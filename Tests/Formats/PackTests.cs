using ModelPack.Compiler.Packing;
using ModelPack.Execution;
using ModelPack.Formats;

namespace ModelPack.Tests.Formats;

/// <summary>Packs are written by us but read from disk years later: every damage ends in an MP50xx error.</summary>
public unsafe class PackTests
{
    private static readonly ModelShape s_shape = new(16, 64, 64, 32, 1, 1, 8, 8);

    [Fact]
    public void What_was_written_is_read_back()
    {
        var (bytes, hash) = Write();
        fixed (byte* p = bytes)
        {
            var pack = Pack.Open(p, bytes.Length, "test");
            Assert.Equal(hash, pack.Hash);
            Assert.Equal(["plain", "noise"], pack.Tensors.Select(t => t.Name));
            Assert.Equal(SegmentCodec.Zstandard, pack.Segments[pack.Tensors[0].Segment].Codec);
            Assert.Equal(SegmentCodec.Stored, pack.Segments[pack.Tensors[1].Segment].Codec);
            using var model = LoadedModel.Open(p, bytes.Length, "test", hash, s_shape, new ModelOptions { Threads = 2 }, null);
            Assert.Equal(Enumerable.Range(0, 600_000).Select(i => (float)(i % 100)), model.Weights[0].Dequantize());
            Assert.Equal(Noise(), model.Weights[1].Dequantize());
        }
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_number_of_threads() => Assert.Equal(Write(1).Bytes, Write(7).Bytes);

    /// <summary>Else each of them, used where it is, would bring in pages of what is only read once.</summary>
    [Fact]
    public void Small_stored_segments_lie_together_behind_the_others()
    {
        var stream = new MemoryStream();
        var writer = new PackWriter(stream, 1, CancellationToken.None);
        var f32 = WeightFormat.PlainOf(PlainType.F32);
        var noise = new byte[3][];
        for (var i = 0; i < 3; i++)
        {
            noise[i] = new byte[1 << 17];
            new Random(i).NextBytes(noise[i]);
            writer.AddTensor($"large {i}", WeightFormat.PlainOf(PlainType.F16), 1, 1 << 16, noise[i]);
            writer.AddTensor($"small {i}", f32, 1, 16, noise[i][..64]);
        }

        var position = writer.Position;
        var hash = writer.Finish();
        Assert.Equal(stream.Length, writer.Position);
        fixed (byte* p = stream.ToArray())
        {
            var pack = Pack.Open(p, stream.Length, "test");
            Assert.Equal(hash, pack.Hash);
            var large = pack.Tensors.Where(t => t.Name[0] == 'l').Select(t => pack.Segments[t.Segment]).ToArray();
            var small = pack.Tensors.Where(t => t.Name[0] == 's').Select(t => pack.Segments[t.Segment]).ToArray();
            Assert.Equal(large.Max(s => s.Offset) + (1 << 17), small[0].Offset);
            Assert.Equal([small[0].Offset, small[0].Offset + 64, small[0].Offset + 128], small.Select(s => s.Offset));
            Assert.Equal(position, small[2].Offset + 64);
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(noise[i], new ReadOnlySpan<byte>(p + large[i].Offset, 1 << 17).ToArray());
                Assert.Equal(noise[i][..64], new ReadOnlySpan<byte>(p + small[i].Offset, 64).ToArray());
            }
        }
    }

    [Fact]
    public void A_pack_of_another_build_is_refused()
    {
        var (bytes, _) = Write();
        AssertError("MP5003", bytes, new string('0', 32), "code and weights come from different builds");
    }

    [Fact]
    public void A_pack_of_another_version_is_refused()
    {
        var (bytes, hash) = Write();
        bytes[4] = 9;
        AssertError("MP5004", bytes, hash, "version 9");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(5000)]
    public void A_truncated_pack_is_refused(int length)
    {
        var (bytes, hash) = Write();
        AssertError("MP5001", bytes[..length], hash, "test");
    }

    [Fact]
    public void Bytes_behind_the_pack_are_refused()
    {
        var (bytes, hash) = Write();
        AssertError("MP5001", [.. bytes, 0], hash, "cut short or has something behind it");
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_noticed()
    {
        var (bytes, hash) = Write();
        var random = new Random(1);
        for (var i = 0; i < 400; i++)
        {
            var at = i < 64 ? i : random.Next(bytes.Length);
            if (at is >= 48 and < 64)
            {
                continue; // reserved
            }

            var bit = (byte)(1 << random.Next(8));
            bytes[at] ^= bit;
            var error = Assert.Throws<ModelPackException>(() => Load(bytes, hash));
            Assert.StartsWith("MP500", error.Code);
            bytes[at] ^= bit;
        }
    }

    [Fact]
    public void A_damaged_directory_with_a_right_checksum_does_not_lead_out_of_bounds()
    {
        var (bytes, _) = Write();
        var random = new Random(2);
        var offset = (int)BitConverter.ToInt64(bytes, 16);
        var count = (int)BitConverter.ToInt64(bytes, 24);
        for (var i = 0; i < 3000; i++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                damaged[offset + random.Next(count)] = (byte)random.Next(256);
            }

            System.IO.Hashing.XxHash128.Hash(damaged.AsSpan(offset, count), damaged.AsSpan(32));
            try
            {
                Load(damaged, "");
            }
            catch (ModelPackException e)
            {
                Assert.StartsWith("MP500", e.Code);
            }
        }
    }

    [Fact]
    public void A_memory_limit_below_the_weights_is_an_error_that_names_both()
    {
        var (bytes, hash) = Write();
        var error = Assert.Throws<ModelPackException>(() =>
        {
            fixed (byte* p = bytes)
            {
                LoadedModel.Open(p, bytes.Length, "test", hash, s_shape, new ModelOptions { MaxMemoryBytes = 1 << 20 }, null).Dispose();
            }
        });
        Assert.Equal("MP5101", error.Code);
        Assert.Contains("1048576", error.Message);
    }

    [Fact]
    public void A_pack_without_a_tokenizer_says_so_when_text_is_wanted()
    {
        var (bytes, hash) = Write();
        fixed (byte* p = bytes)
        {
            using var model = LoadedModel.Open(p, bytes.Length, "test", hash, s_shape, new ModelOptions { Threads = 1 }, null);
            Assert.Contains("no tokenizer", Assert.Throws<ModelPackException>(() => model.Tokenizer).Message);
        }
    }

    private static void AssertError(string code, byte[] bytes, string hash, string part)
    {
        var error = Assert.Throws<ModelPackException>(() => Load(bytes, hash));
        Assert.Equal(code, error.Code);
        Assert.Contains(part, error.Message);
    }

    private static void Load(byte[] bytes, string hash)
    {
        fixed (byte* p = bytes)
        {
            LoadedModel.Open(p, bytes.Length, "test", hash, s_shape, new ModelOptions { Threads = 1, Preload = true }, null).Dispose();
        }
    }

    private static float[] Noise()
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, 3000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue) & ~0x4000_0000))];
    }

    private static (byte[] Bytes, string Hash) Write(int threads = 2)
    {
        var stream = new MemoryStream();
        var writer = new PackWriter(stream, threads, CancellationToken.None);
        var plain = WeightFormat.PlainOf(PlainType.F32);
        writer.AddTensor("plain", plain, 600, 1000, ResidentEncoder.EncodeFloats([.. Enumerable.Range(0, 600_000).Select(i => (float)(i % 100))]));
        writer.AddTensor("noise", plain, 3, 1000, ResidentEncoder.EncodeFloats(Noise()));
        var hash = writer.Finish();
        return (stream.ToArray(), hash);
    }
}
