using ModelPack.Compiler;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Formats;

/// <summary>The pack of a real model, damaged in one bit: found by a checksum, wherever it is.</summary>
public sealed unsafe class CorruptedPackTests
{
    private static readonly (byte[] Pack, ModelShape Shape) s_model = Pack();

    [Fact]
    public void The_pack_loads_as_it_is()
    {
        using var model = Open(s_model.Pack);
        Assert.Equal(512, model.VocabularySize);
    }

    /// <summary>In the first, a middle and the last chunk of weights and tokenizer, and in the directory, which comes last.</summary>
    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.97)]
    [InlineData(0.9999)]
    public void MP5002_a_flipped_bit_is_found(double place)
    {
        var damaged = s_model.Pack.ToArray();
        var at = PackFormat.HeaderBytes + (int)((damaged.Length - PackFormat.HeaderBytes) * place);
        damaged[at] ^= 0x10;
        var error = Assert.Throws<ModelPackException>(() => Open(damaged));
        Assert.Equal("MP5002", error.Code);
    }

    private static LoadedModel Open(byte[] pack)
    {
        var memory = new NativeBuffer(pack.Length);
        try
        {
            pack.CopyTo(new Span<byte>(memory.Pointer, pack.Length));
            return LoadedModel.Open(memory.Pointer, pack.Length, "test", "", s_model.Shape, new() { Threads = 1, Preload = true }, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static (byte[] Pack, ModelShape Shape) Pack()
    {
        using var source = ModelSource.Open(Repository.Path("Tests", "Fixtures", "stories260K.gguf"));
        using var stream = new MemoryStream();
        var plan = ModelCompiler.Pack(source, new("Model", "", null), stream, 1, Compiler.Stages.StageClock.Silent, CancellationToken.None).Plan;
        return (stream.ToArray(), InterpretedModel.ShapeOf(plan));
    }
}
