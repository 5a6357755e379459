using System.Text;
using ModelPack.Compiler.Import;

namespace ModelPack.Tests.Import;

public sealed class GgufReadTests
{
    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void A_file_gives_back_what_was_written(uint version)
    {
        var path = new GgufBuilder { Version = version }
            .Add("general.architecture", "llama")
            .Add("u32", 7u).Add("i32", -7).Add("u64", 1UL << 40).Add("i64", long.MinValue).Add("f32", 0.5f).Add("f64", 0.1).Add("yes", true).Add("no", false)
            .AddStrings("strings", [[0xFF, 0xFE], [], Encoding.UTF8.GetBytes("é")])
            .AddIntegers("integers", 1, -2, 3)
            .AddFloats("floats", 1.5f, -2.5f)
            .Tensor("a", [2, 3], [1, 2, 3, 4, 5, 6])
            .Tensor("b", [4], [7, 8, 9, 10])
            .Write();

        using var source = ModelSource.Open(path);

        Assert.Equal($"GGUF v{version}", source.Container);
        Assert.Equal(path, source.Path);
        Assert.Equal(new FileInfo(path).Length, source.FileBytes);
        var metadata = source.Metadata;
        Assert.Equal(12, metadata.Keys.Count());
        Assert.Equal("llama", metadata.GetString("general.architecture"));
        Assert.Equal([7, -7, 1L << 40, long.MinValue], new[] { "u32", "i32", "u64", "i64" }.Select(metadata.GetInteger));
        Assert.Equal(0.5, metadata.GetFloat("f32"));
        Assert.Equal(0.1, metadata.GetFloat("f64"));
        Assert.True(metadata.GetBoolean("yes"));
        Assert.False(metadata.GetBoolean("no"));
        Assert.Equal([[0xFF, 0xFE], [], [0xC3, 0xA9]], metadata.GetStringArray("strings"));
        Assert.Equal([1, -2, 3], metadata.GetIntegerArray("integers"));
        Assert.Equal([1.5f, -2.5f], metadata.GetFloatArray("floats"));
        Assert.Null(metadata.TryString("absent"));
        Assert.Null(metadata.TryInteger("absent"));

        Assert.Equal(["a", "b"], source.Tensors.Select(t => t.Name));
        var a = source.Find("a")!;
        Assert.Equal([2L, 3L], a.Shape);
        Assert.Equal((2L, 3L, 24L), (a.Rows, a.Columns, a.ByteLength));
        Assert.Equal([4f, 5f, 6f], Row(a, 1));
        Assert.Equal([7f, 8f, 9f, 10f], Row(source.Find("b")!, 0));
        Assert.Null(source.Find("c"));
    }

    [Fact]
    public void Another_alignment_is_honoured()
    {
        var path = new GgufBuilder { Alignment = 64 }.Add("general.alignment", 64u).Tensor("a", [1], [1]).Tensor("b", [1], [2]).Write();

        using var source = ModelSource.Open(path);

        Assert.All(source.Tensors, t => Assert.Equal(0, t.ByteOffset % 64));
        Assert.Equal([2f], Row(source.Find("b")!, 0));
    }

    [Fact]
    public void Arrays_of_arrays_are_stepped_over()
    {
        byte[] inner = [.. BitConverter.GetBytes(0u), .. BitConverter.GetBytes(2UL), 5, 6];
        var path = new GgufBuilder().AddArray("nested", 9, [inner, inner]).Add("after", 1u).Write();

        using var source = ModelSource.Open(path);

        Assert.Equal(1, source.Metadata.GetInteger("after"));
        Assert.True(source.Metadata.Contains("nested"));
    }

    [Fact]
    public void Stories260K_has_its_known_facts()
    {
        using var source = ModelSource.Open(SharedData.Path("models/stories260K/stories260K.gguf"));

        Assert.Equal("llama", source.Metadata.GetString("general.architecture"));
        Assert.Equal(512, source.Metadata.GetStringArray("tokenizer.ggml.tokens").Count);
        Assert.Equal(512, source.Metadata.GetFloatArray("tokenizer.ggml.scores").Length);
        Assert.All(source.Tensors, t => Assert.Equal("F32", t.Encoding.Name));
        Assert.Equal([512L, 64L], source.Find("token_embd.weight")!.Shape);
        // Every row of the file, to its last byte.
        var elements = 0L;
        foreach (var tensor in source.Tensors)
        {
            FiniteCheck.Tensor(source, tensor);
            elements += tensor.Rows * tensor.Columns;
        }

        Assert.Equal(260_032, elements);
        Assert.Equal(source.FileBytes, source.Tensors.Max(t => t.ByteOffset + t.ByteLength));
    }

    [Fact]
    public void Stories260K_has_the_floats_of_the_checkpoint_it_was_made_from()
    {
        using var source = ModelSource.Open(SharedData.Path("models/stories260K/stories260K.gguf"));
        // llama2.c's layout: 7 integers, then the embedding table.
        var checkpoint = File.ReadAllBytes(SharedData.Path("models/stories260K/stories260K.bin"));
        var embedding = source.Find("token_embd.weight")!;

        for (var row = 0; row < 512; row++)
        {
            Assert.True(embedding.RowBytes(row).SequenceEqual(checkpoint.AsSpan(28 + (row * 256), 256)), $"row {row}");
        }
    }

    [Fact]
    public void SmolLM2_opens_by_its_headers()
    {
        using var source = ModelSource.Open(SharedData.Path("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"));

        Assert.Equal(98_362_432, source.FileBytes);
        Assert.Equal(49152, source.Metadata.GetStringArray("tokenizer.ggml.tokens").Count);
        Assert.Equal("Q8_0", source.Find("token_embd.weight")!.Encoding.Name);
        Assert.Equal("Q4_1", source.Find("blk.0.attn_q.weight")!.Encoding.Name);
        Assert.Equal([576L, 1536L], source.Find("blk.0.ffn_down.weight")!.Shape);
        Assert.Equal(134_515_008, source.Tensors.Sum(t => t.Rows * t.Columns));
    }

    private static float[] Row(SourceTensor tensor, long row)
    {
        var values = new float[tensor.Columns];
        tensor.DequantizeRow(row, values);
        return values;
    }
}
