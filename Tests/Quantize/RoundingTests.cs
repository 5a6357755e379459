using ModelPack.Compiler.Quantize;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Quantize;

/// <summary>The rounding kernel against plain loops, and all its rungs against each other.</summary>
public sealed unsafe class RoundingTests
{
    private const int Columns = 150;

    public static TheoryData<int, bool> Cases => new() { { 1, false }, { 4, false }, { 8, false }, { 1, true }, { 4, true }, { 8, true } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Paths_cost_what_plain_loops_find(int states, bool bounded)
    {
        var basis = ColumnBasis.From(RandomMatrices.Moments(Columns, 11), Damping.Linear, new());
        var plan = Plan(basis, states, bounded);
        using var batch = new RoundingBatch(basis.Padded);
        var values = RandomMatrices.Gaussian(64 * Columns, 12);
        Load(batch, plan, values);
        plan.Round(batch, KernelSets.Resolve(KernelSet.Auto));
        var codes = new short[Columns * 64];
        SurvivorPath.Take(batch, plan, plan.RowsPerBatch, codes, 0);
        int equal = 0, rows = Math.Min(plan.RowsPerBatch, 8);
        for (var r = 0; r < rows; r++)
        {
            var expected = ReferenceRounding.Run(
                [.. Enumerable.Range(0, Columns).Select(j => (double)values[(r * Columns) + j] * 3)], Upper(basis), 0.4, states,
                (j, n) => plan.Bits[plan.Table[j] + CodeCounts.Index(0, n, states)], j => plan.Bounds[j / 64], plan.EscapeBits);
            var metric = Enumerable.Range(0, states).Min(s => batch.Metric[(r * states) + s]);
            Assert.Equal(1, metric / expected.Cost, 2e-4);
            equal += Enumerable.Range(0, Columns).Count(j => codes[(j * 64) + r] == expected.Codes[j]);
        }

        // A near tie may go the other way in f32, and all that follows.
        Assert.True(equal > 0.9 * rows * Columns, $"{equal} of {rows * Columns}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_rung_gives_the_same_bits(int states, bool bounded)
    {
        var basis = ColumnBasis.From(RandomMatrices.Moments(Columns, 11), Damping.Linear, new());
        var plan = Plan(basis, states, bounded);
        var values = RandomMatrices.Gaussian(64 * Columns, 13);
        byte[]? expected = null;
        foreach (var rung in KernelSets.Supported)
        {
            using var batch = new RoundingBatch(basis.Padded);
            new Span<ushort>(batch.Choices, Columns * RoundingBatch.Vectors).Clear();
            Load(batch, plan, values);
            plan.Round(batch, rung);
            byte[] result =
            [
                .. new Span<byte>(batch.Codes, Columns * RoundingBatch.Lanes * sizeof(short)), .. new Span<byte>(batch.Choices, Columns * RoundingBatch.Vectors * sizeof(ushort)),
                .. new Span<byte>(batch.Metric, RoundingBatch.Lanes * sizeof(float)),
            ];
            expected ??= result;
            Assert.True(expected.AsSpan().SequenceEqual(result), $"{rung} differs");
        }
    }

    [Fact]
    public void Codes_beyond_a_table_or_16_bits_are_rounded_all_the_same()
    {
        var basis = ColumnBasis.From(RandomMatrices.Moments(40, 11), Damping.Linear, new());
        foreach (var states in new[] { 1, 4, 8 })
        {
            var plan = Plan(basis, states, bounded: false);
            using var batch = new RoundingBatch(basis.Padded);
            var values = RandomMatrices.Gaussian(64 * 40, 14);
            values[0] = 1e6f;
            values[40] = -700;
            Load(batch, plan, values);
            plan.Round(batch, KernelSets.Resolve(KernelSet.Auto));
            var codes = new short[40 * 64];
            Assert.True(double.IsFinite(SurvivorPath.Take(batch, plan, plan.RowsPerBatch, codes, 0)));
            Assert.InRange(codes[0], RoundingPlan.LargestCode - 4, RoundingPlan.LargestCode + 4);
            Assert.InRange(codes[1], -2110, -2090);
        }
    }

    private static RoundingPlan Plan(ColumnBasis basis, int states, bool bounded)
    {
        var plan = new RoundingPlan(basis, states, RateTables.Default(states)) { EscapeBits = 3 };
        plan.SetClass(RateTables.UnitClass + 4, [.. Enumerable.Range(0, basis.Columns).Select(j => (j % 9) - 4)]);
        for (var b = 0; bounded && b < plan.Bounds.Length; b++)
        {
            plan.Bounds[b] = TiledMatrix.Range(2 + b, states);
        }

        return plan;
    }

    private static void Load(RoundingBatch batch, RoundingPlan plan, float[] values)
    {
        var columns = plan.Basis.Columns;
        for (var l = 0; l < RoundingBatch.Lanes; l++)
        {
            for (var j = 0; j < plan.Basis.Padded; j++)
            {
                batch.Target[(j * RoundingBatch.Lanes) + l] = j < columns ? 3 * values[(l / plan.States * columns) + j] : 0;
            }

            batch.Weight[l] = 0.4f;
            batch.Metric[l] = l % plan.States == 0 ? 0 : 1e30f;
        }
    }

    /// <summary>U from the panels in which the kernel reads it.</summary>
    private static double[,] Upper(ColumnBasis basis)
    {
        var u = new double[basis.Columns, basis.Columns];
        for (var i = 0; i < basis.Columns; i++)
        {
            int block = i / 32, start = basis.PanelStart(block), end = (block + 1) * 32;
            for (var j = i; j < basis.Columns; j++)
            {
                u[i, j] = basis.Panels[j < end ? start + ((j % 32) * 32) + (i % 32) : start + 1024 + ((j - end) / 8 * 256) + (i % 32 * 8) + (j % 8)];
            }
        }

        return u;
    }
}
