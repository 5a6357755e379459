using ModelPack.Compiler.Packing;
using ModelPack.Formats;

namespace ModelPack.Tests.Execution;

/// <summary>A pack of several tensors of many chunks each, compressed though it shrinks by a few percent only, as codes of weights do.</summary>
internal static class LargePack
{
    public const int Tensors = 6;
    public const int Rows = 1500;
    public const int Columns = 1024;

    public static byte[] Bytes { get; } = Write();

    /// <summary>Element i of tensor t, counted row by row.</summary>
    public static float Value(int t, int i) => BitConverter.Int32BitsToSingle(0x3F00_0000 | (int)((((uint)i * 2654435761u) + (uint)t) >> 9));

    private static byte[] Write()
    {
        using var stream = new MemoryStream();
        var writer = new PackWriter(stream, 2, CancellationToken.None, worthDecoding: double.PositiveInfinity);
        for (var t = 0; t < Tensors; t++)
        {
            var tensor = t;
            writer.AddTensor($"t{t}", WeightFormat.PlainOf(PlainType.F32), Rows, Columns, ResidentEncoder.EncodeFloats([.. Enumerable.Range(0, Rows * Columns).Select(i => Value(tensor, i))]));
        }

        writer.Finish();
        return stream.ToArray();
    }
}
