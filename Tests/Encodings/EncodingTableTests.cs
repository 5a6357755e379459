using ModelPack.Compiler.Encodings;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Encodings;

public sealed class EncodingTableTests
{
    /// <summary>ggml's type numbers, block elements and block bytes (ggml.h, ggml-common.h): public facts of the format.</summary>
    public static TheoryData<string, int, int, int> Facts => new()
    {
        { "F32", 0, 1, 4 }, { "F16", 1, 1, 2 }, { "Q4_0", 2, 32, 18 }, { "Q4_1", 3, 32, 20 }, { "Q5_0", 6, 32, 22 }, { "Q5_1", 7, 32, 24 }, { "Q8_0", 8, 32, 34 },
        { "Q2_K", 10, 256, 84 }, { "Q3_K", 11, 256, 110 }, { "Q4_K", 12, 256, 144 }, { "Q5_K", 13, 256, 176 }, { "Q6_K", 14, 256, 210 },
        { "IQ2_XXS", 16, 256, 66 }, { "IQ2_XS", 17, 256, 74 }, { "IQ3_XXS", 18, 256, 98 }, { "IQ1_S", 19, 256, 50 }, { "IQ4_NL", 20, 32, 18 }, { "IQ3_S", 21, 256, 110 },
        { "IQ2_S", 22, 256, 82 }, { "IQ4_XS", 23, 256, 136 }, { "I8", 24, 1, 1 }, { "I16", 25, 1, 2 }, { "I32", 26, 1, 4 }, { "I64", 27, 1, 8 }, { "F64", 28, 1, 8 },
        { "IQ1_M", 29, 256, 56 }, { "BF16", 30, 1, 2 }, { "TQ1_0", 34, 256, 54 }, { "TQ2_0", 35, 256, 66 }, { "MXFP4", 39, 32, 17 },
    };

    [Theory]
    [MemberData(nameof(Facts))]
    public void Numbers_and_block_sizes_are_those_of_ggml(string name, int id, int elements, int bytes)
    {
        var encoding = EncodingTable.Find((uint)id);

        Assert.NotNull(encoding);
        Assert.Equal((name, elements, bytes), (encoding.Name, encoding.BlockElements, encoding.BlockBytes));
        Assert.Same(encoding, EncodingTable.Find(name));
    }

    [Fact]
    public void Every_encoding_of_the_table_has_its_facts_here() =>
        Assert.Equal(EncodingTable.All.Select(e => e.Name).Order(), Facts.Select(f => f.Data.Item1).Order());

    [Fact]
    public void Every_golden_tensor_type_is_read()
    {
        foreach (var path in new[] { "golden/ggml-blocks.safetensors", "golden/ggml-iq-blocks.safetensors" })
        {
            Assert.All(SafetensorsFile.OpenShared(path).Names, name => Assert.NotNull(EncodingTable.Find(name.Split('.')[0])));
        }
    }

    [Fact]
    public void Every_resident_format_is_consistent()
    {
        foreach (var encoding in EncodingTable.All.Where(e => e.Resident.Family == WeightFamily.Grouped))
        {
            var format = encoding.Resident;
            Assert.InRange(format.CodeBits, 2, 8);
            Assert.Equal(0, encoding.BlockElements % format.GroupColumns);
            Assert.True(format.Offset < 1 << format.CodeBits, encoding.Name);
            Assert.True(format.Codebook == CodebookId.None || (format.CodeBits == 4 && format.Offset == 0), encoding.Name);
            Assert.True(format.Scale != ScaleKind.TwoLevel || encoding.BlockElements == 256, encoding.Name);
        }
    }

    [Fact]
    public void Every_resident_format_has_kernels() =>
        Assert.All(EncodingTable.All, e => Assert.NotNull(KernelTable.Find(e.Resident)));

    [Fact]
    public void Withdrawn_types_are_named_in_messages()
    {
        Assert.Null(EncodingTable.Find(31u));
        Assert.Null(EncodingTable.Find(uint.MaxValue));
        Assert.Contains("Q4_0", EncodingTable.UnsupportedName(31), StringComparison.Ordinal);
        Assert.Equal("", EncodingTable.UnsupportedName(1000));
    }
}
