using ModelPack.Compiler.Encodings;
using ModelPack.Formats;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Encodings;

/// <summary>Every quantised encoding against raw blocks and values from ggml.</summary>
public sealed class GoldenBlockTests
{
    private static readonly string[] s_files = ["golden/ggml-blocks.safetensors", "golden/ggml-iq-blocks.safetensors"];

    public static TheoryData<string> Quantised => [.. EncodingTable.All.Where(e => e.Resident.Family == WeightFamily.Grouped).Select(e => e.Name)];

    public static TheoryData<string> AllGolden => [.. Quantised, "BF16"];

    [Theory]
    [MemberData(nameof(AllGolden))]
    public void Dequantised_blocks_have_the_bits_of_ggml(string type)
    {
        var encoding = EncodingTable.Find(type)!;
        var found = 0;
        foreach (var (shape, blocks, expected) in Golden(type))
        {
            found++;
            Assert.Equal(encoding.BlockBytes, shape[1]);
            Assert.Equal(encoding.BlockElements, expected.Length / shape[0]);
            var values = new float[expected.Length];
            encoding.Dequantize(blocks, values);
            for (var i = 0; i < values.Length; i++)
            {
                Assert.True(Same(expected[i], values[i]), $"{type}[{i}]: {values[i]:R}, expected {expected[i]:R}");
            }
        }

        Assert.True(found > 0, $"no golden blocks for {type}");
    }

    [Theory]
    [MemberData(nameof(Quantised))]
    public void Codes_and_scales_give_the_values_back(string type)
    {
        var encoding = EncodingTable.Find(type)!;
        foreach (var (_, blocks, expected) in Golden(type))
        {
            var row = new GroupedRow(expected.Length, encoding.Resident);
            encoding.Split(blocks, row);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True(row.Codes[i] < 1 << encoding.Resident.CodeBits, $"{type}[{i}]: code {row.Codes[i]} needs more than {encoding.Resident.CodeBits} bits");
                var value = Value(row, encoding.Resident, i);
                // By value: fma makes +0 of −0 · scale + 0.
                Assert.True(value == expected[i] || (float.IsNaN(value) && float.IsNaN(expected[i])), $"{type}[{i}]: {value:R}, expected {expected[i]:R}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Quantised))]
    public void Scales_are_exact_in_the_form_in_which_they_are_kept(string type)
    {
        var encoding = EncodingTable.Find(type)!;
        foreach (var (_, blocks, expected) in Golden(type))
        {
            var row = new GroupedRow(expected.Length, encoding.Resident);
            encoding.Split(blocks, row);
            switch (encoding.Resident.Scale)
            {
                case ScaleKind.F16:
                    Assert.All(row.Scales.Concat(row.Minima), s => Assert.Equal(s, (float)(Half)s));
                    break;
                case ScaleKind.PowerOfTwo:
                    Assert.All(row.Scales, s => Assert.Equal(s, (float)Math.Pow(2, Math.Clamp(Math.Round(Math.Log2(s)), -127, 127))));
                    break;
                case ScaleKind.TwoLevel:
                    Assert.Equal(0, expected.Length % 256);
                    break;
            }
        }
    }

    /// <summary>The contract of <see cref="TensorEncoding.Split"/>, in so many words.</summary>
    private static float Value(GroupedRow row, WeightFormat format, int column)
    {
        var group = column / format.GroupColumns;
        var codebook = Codebooks.Of(format.Codebook);
        float level = codebook.IsEmpty ? row.Codes[column] - format.Offset : codebook[row.Codes[column]];
        var (scale, minimum) = format.Scale == ScaleKind.TwoLevel
            ? ((float)row.SuperScales[column / 256] * row.SubScales[group], (float)row.SuperMinima[column / 256] * row.SubMinima[group])
            : (row.Scales[group], row.Minima[group]);
        return MathF.FusedMultiplyAdd(scale, level, format.HasMinimum ? minimum : 0f);
    }

    private static bool Same(float a, float b) =>
        BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b) || (float.IsNaN(a) && float.IsNaN(b));

    private static IEnumerable<(long[] Shape, byte[] Blocks, float[] Values)> Golden(string type)
    {
        foreach (var path in s_files)
        {
            var file = SafetensorsFile.OpenShared(path);
            if (file.Contains($"{type}.blocks"))
            {
                yield return (file.Shape($"{type}.blocks"), file.GetBytes($"{type}.blocks"), file.GetFloats($"{type}.values"));
            }
        }
    }
}
