using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Formats;
using ModelPack.Tests.Models;

namespace ModelPack.Tests.Entropy;

/// <summary>A published Q4_1 file at Quality Source: a tenth smaller at rest, every tensor near the entropy of its codes and scales, and the same bytes back on every rung.</summary>
[Trait("Lane", "models")]
public sealed class SmolLm2SizeTests(SmolLm2Fixture model, ITestOutputHelper output) : IClassFixture<SmolLm2Fixture>
{
    private const string File = "models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";

    [Fact]
    public void The_pack_is_a_tenth_smaller_than_the_file()
    {
        var bytes = new FileInfo(SharedData.Path(File)).Length;
        output.WriteLine($"{bytes} bytes in the file, {model.Compiled.Plan.PackBytes} in the pack");
        Assert.True(model.Compiled.Plan.PackBytes < 0.9 * bytes);
    }

    [Theory]
    [InlineData("blk.0.attn_k.weight")]
    [InlineData("blk.3.ffn_down.weight")]
    [InlineData("blk.20.attn_output.weight")]
    public void A_tensor_takes_the_entropy_of_codes_scales_and_minima(string name)
    {
        using var source = ModelSource.Open(SharedData.Path(File));
        var tensor = source.Find(name)!;
        int rows = (int)tensor.Rows, columns = (int)tensor.Columns;
        List<int> codes = [], scales = [], minima = [];
        var row = new GroupedRow(columns, tensor.Encoding.Resident);
        for (var r = 0; r < rows; r++)
        {
            tensor.Encoding.Split(tensor.RowBytes(r), row);
            codes.AddRange(row.Codes.Select(c => (int)c));
            var bits = row.Scales.Select(s => (int)BitConverter.HalfToUInt16Bits((Half)s)).ToArray();
            scales.AddRange(bits.Select(s => s >> 5));
            // The model was bf16 once: three bits of every minimum are zero; the rest is told from the scale.
            minima.AddRange(row.Minima.Select((m, i) => ((BitConverter.HalfToUInt16Bits((Half)m) >> 3) - (bits[i] >> 3)) >> 4));
        }

        var entropy = Bits(codes) + Bits(scales) + (5.0 * scales.Count) + Bits(minima) + (4.0 * minima.Count);
        var resident = ResidentEncoder.Encode(tensor, rows, columns);
        var coded = GroupedEncoder.Encode(resident, new(tensor.Encoding.Resident, rows, columns), new())!;
        output.WriteLine($"{name}: {8.0 * coded.StoredBytes / codes.Count:F4} bits a weight, entropy {entropy / codes.Count:F4}");
        // Beside the 256 bytes of states of each chunk.
        Assert.True(coded.StoredBytes <= (entropy / 8 * 1.005) + (256 * coded.Chunks.Length));
        Assert.All(KernelSets.Supported, rung => Assert.Equal(resident, CodedWeight.Decode(coded, resident.Length, rung)));
    }

    private static double Bits(List<int> values) => values.GroupBy(v => v).Sum(g => -g.Count() * Math.Log2((double)g.Count() / values.Count));
}
