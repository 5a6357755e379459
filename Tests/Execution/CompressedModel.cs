using ModelPack.Compiler;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Compiler.Packing;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Plan;

namespace ModelPack.Tests.Execution;

/// <summary>A real model whose segments are all compressed, worth it or not, so that every weight has to be decoded.</summary>
internal sealed unsafe class CompressedModel
{
    public CompressedModel(string path)
    {
        using var source = ModelSource.Open(path);
        using var stream = new MemoryStream();
        Plan = ModelCompiler.Pack(source, new("Model", "", null), stream, 2, Compiler.Stages.StageClock.Silent, TestContext.Current.CancellationToken).Plan;
        Stored = stream.ToArray();
        Bytes = Recompress(Stored);
    }

    public ModelPlan Plan { get; }

    /// <summary>The pack as the compiler makes it.</summary>
    public byte[] Stored { get; }

    /// <summary>The same model, all of it compressed.</summary>
    public byte[] Bytes { get; }

    /// <summary>Opens a copy of <paramref name="pack"/>.</summary>
    public LoadedModel Open(byte[] pack, ModelOptions options)
    {
        var memory = new NativeBuffer(pack.Length);
        try
        {
            pack.CopyTo(new Span<byte>(memory.Pointer, pack.Length));
            return LoadedModel.Open(memory.Pointer, pack.Length, "test", "", InterpretedModel.ShapeOf(Plan), options, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public DecoderSession CreateSession(LoadedModel model) => model.CreateSession(new PlanInterpreter(Plan, model.Weights));

    private static byte[] Recompress(byte[] bytes)
    {
        using var stream = new MemoryStream();
        var writer = new PackWriter(stream, 2, CancellationToken.None, worthDecoding: double.PositiveInfinity, worthCoding: 0);
        fixed (byte* p = bytes)
        {
            var pack = Pack.Open(p, bytes.Length, "test");
            using var decoder = new ChunkDecoder(pack, new(pack.Data, pack.Length, null), KernelSet.Scalar);
            foreach (var tensor in pack.Tensors)
            {
                writer.AddTensor(tensor.Name, tensor.Format, tensor.Rows, tensor.Columns, Raw(pack, decoder, pack.Segments[tensor.Segment]));
            }

            foreach (var segment in pack.Segments.Where(s => s.Kind != SegmentKind.Tensor))
            {
                writer.AddSegment(segment.Kind, Raw(pack, decoder, segment));
            }
        }

        writer.Finish();
        return stream.ToArray();
    }

    private static byte[] Raw(Pack pack, ChunkDecoder decoder, PackSegment segment)
    {
        var raw = new byte[segment.RawBytes];
        if (segment.Codec == SegmentCodec.Stored)
        {
            new ReadOnlySpan<byte>(pack.Data + segment.Offset, raw.Length).CopyTo(raw);
            return raw;
        }

        fixed (byte* to = raw)
        {
            for (var chunk = 0; chunk < segment.Chunks.Length; chunk++)
            {
                decoder.Decode(segment, chunk, to);
            }
        }

        return raw;
    }
}
