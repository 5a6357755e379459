using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Entropy;

public class CodedChunkTests
{
    public static TheoryData<string> Grouped => [.. KernelTable.All.Where(k => k.Format.Family == WeightFamily.Grouped).Select(k => k.Format.ToString())];

    [Theory]
    [MemberData(nameof(Grouped))]
    public void Every_grouped_format_comes_back_on_every_rung(string format)
    {
        var kernel = KernelTable.All.Single(k => k.Format.ToString() == format);
        foreach (var (rows, columns) in new[] { (16, 32), (50, 576), (40, 100), (192, 6400) })
        {
            var test = CodedCase.Grouped(kernel.Format, rows, columns, rows);
            foreach (var rung in KernelSets.Supported)
            {
                Assert.True(test.Resident.AsSpan().SequenceEqual(test.Decode(rung)), $"{format} [{rows}, {columns}] on {rung}");
            }
        }
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(200, 576)]
    [InlineData(640, 2100)]
    public void Tiles_of_every_width_come_back_on_every_rung(int rows, int columns)
    {
        var test = CodedCase.Tiled(rows, columns, rows);
        Assert.All(KernelSets.Supported, rung => Assert.True(test.Resident.AsSpan().SequenceEqual(test.Decode(rung)), $"{rung}"));
    }

    [Fact]
    public void Wide_codes_of_large_tensors_get_tables_by_class_of_columns()
    {
        var test = CodedCase.Grouped(KernelTable.All.First(k => k.Format.CodeBits == 8).Format, 4096, 288, 1);
        Assert.True(test.Coded.Tables.Count >= 1);
        Assert.True(test.Coded.RawBytes.Count > 1, "split points");
        Assert.True(test.Resident.AsSpan().SequenceEqual(test.Decode(KernelSet.Scalar)));
    }
}
