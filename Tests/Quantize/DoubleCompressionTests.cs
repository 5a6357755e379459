using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

public sealed class DoubleCompressionTests
{
    [Fact]
    public void At_no_price_rows_use_eight_bits_and_tiles_hold_all_codes()
    {
        var input = RandomMatrices.Input(100, 90, 1);
        var matrix = new DoubleCompression(1e-30).Run(input.Name, input.Values(), input.Statistics);
        Assert.Equal(0, TileFigures.Escapes(matrix));
        Assert.All(matrix.Codes, k => Assert.InRange(k, -128, 127));
        Assert.True(matrix.Codes.Max() > 80);
        var values = input.Values();
        var largest = values.Max(MathF.Abs);
        Assert.All(QuantizedRows.Values(matrix).Zip(values), p => Assert.Equal(p.First, p.Second, 0.1f * largest));
    }

    [Fact]
    public void A_price_makes_steps_coarser_and_pruning_makes_zeros()
    {
        var input = RandomMatrices.Input(100, 90, 1);
        double Zeros(TiledMatrix m) => (double)m.Codes.Count(k => k == 0) / m.Codes.Length;
        TiledMatrix fine = new DoubleCompression(1e-30).Run(input.Name, input.Values(), input.Statistics), coarse = new DoubleCompression(3e-4).Run(input.Name, input.Values(), input.Statistics);
        Assert.True(Zeros(coarse) > Zeros(fine) + 0.05);
        var rounded = (new DoubleCompression(3e-4) { PruneBelow = 0.5f }).Run(input.Name, input.Values(), input.Statistics);
        Assert.True(Zeros(coarse) > Zeros(rounded) + 0.005);
        Assert.True(RandomMatrices.Divergence(input, QuantizedRows.Values(fine)) < RandomMatrices.Divergence(input, QuantizedRows.Values(coarse)));
    }
}
