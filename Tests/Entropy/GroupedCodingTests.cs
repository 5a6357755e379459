using ModelPack.Entropy;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Entropy;

/// <summary>Weights of every grouped format through the coder and back: the resident bytes exactly, on every rung, for shapes with padding; damage ends in an error.</summary>
public sealed unsafe class GroupedCodingTests
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 32), (16, 64), (37, 172), (64, 288), (200, 576)];

    public static TheoryData<int, KernelSet> FormatsAndRungs()
    {
        var data = new TheoryData<int, KernelSet>();
        for (var i = 0; i < KernelTable.All.Count; i++)
        {
            foreach (var rung in KernelTable.All[i].Format.Family == WeightFamily.Grouped ? KernelSets.Supported : [])
            {
                data.Add(i, rung);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(FormatsAndRungs))]
    public void Resident_bytes_come_back_exactly(int index, KernelSet rung)
    {
        var kernel = KernelTable.All[index];
        foreach (var (rows, columns) in s_shapes)
        {
            var weight = new CodedWeight(kernel, rows, columns, seed: rows);
            Assert.Equal(weight.Resident, weight.Decode(rung));
        }
    }

    [Fact]
    public void A_large_weight_has_chunks_that_decode_by_themselves_in_any_order()
    {
        var weight = new CodedWeight(KernelTable.Find(new(WeightFamily.Grouped, CodeBits: 4, GroupColumns: 32, HasMinimum: true))!, 1500, 2048, seed: 3);
        Assert.InRange(weight.Segment.Chunks.Length, 2, 4);
        var raw = new byte[weight.Resident.Length];
        var decoder = GroupedDecoder.Prepare(weight.Segment.Prologue, raw.Length);
        var offsets = weight.Segment.RawBytes.Aggregate(new List<int> { 0 }, (sum, n) => [.. sum, sum[^1] + n]);
        fixed (byte* r = raw)
        {
            for (var c = weight.Segment.Chunks.Length - 1; c >= 0; c--)
            {
                decoder.Decode(weight.Segment.Chunks[c], r + offsets[c], weight.Segment.RawBytes[c], KernelSets.Resolve(KernelSet.Auto));
            }
        }

        Assert.Equal(weight.Resident, raw);
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_number_of_threads()
    {
        var kernel = KernelTable.All.First(k => k.Format.Family == WeightFamily.Grouped);
        CodedWeight one = new(kernel, 700, 3000, seed: 1, threads: 1), seven = new(kernel, 700, 3000, seed: 1, threads: 7);
        Assert.Equal(one.Segment.Prologue, seven.Segment.Prologue);
        Assert.Equal(one.Segment.Chunks, seven.Segment.Chunks);
    }

    [Fact]
    public void Scales_that_fit_no_table_lie_beside()
    {
        var kernel = KernelTable.Find(new(WeightFamily.Grouped, CodeBits: 4, GroupColumns: 32, HasMinimum: true))!;
        var weight = new CodedWeight(kernel, 640, 576, seed: 1, scales: random => random.Next(100) == 0 ? (Half)(random.NextSingle() - 0.5f) : (Half)(0.01f + (0.001f * random.NextSingle())));
        foreach (var rung in KernelSets.Supported)
        {
            Assert.Equal(weight.Resident, weight.Decode(rung));
        }

        // 1% of the scales lie anywhere; the others take at most 8 bits of the 16.
        Assert.True(weight.Segment.StoredBytes < 640 * 576 / 2 + (2 * 640 * 18 * 9.5 / 8));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Damage_ends_in_an_error_or_in_the_same_bytes_on_every_rung(int seed)
    {
        var grouped = KernelTable.All.Where(k => k.Format.Family == WeightFamily.Grouped).ToArray();
        var random = new Random(seed);
        for (var i = 0; i < 150; i++)
        {
            var weight = new CodedWeight(grouped[random.Next(grouped.Length)], random.Next(1, 60), 32 * random.Next(1, 12), seed);
            SegmentMutation.Check(weight.Case, random);
        }
    }
}
