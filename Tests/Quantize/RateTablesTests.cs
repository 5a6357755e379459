using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

public sealed class RateTablesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Every_table_is_a_distribution_with_the_deviation_of_its_class(int states)
    {
        var bits = RateTables.Default(states).Bits;
        for (var table = 0; table < 2 * RateTables.Classes; table++)
        {
            var sigma = Math.Pow(2, ((table / 2) - 8) / 4.0);
            double sum = 0, square = 0;
            for (var k = 0; k < RateTables.Codes; k++)
            {
                var p = Math.Pow(2, -bits[(table * RateTables.Codes) + k]);
                var x = k + RateTables.Lowest + (states > 1 ? 0.5 * (table % 2) : 0);
                sum += p;
                square += Math.Abs(x) < 6 * sigma ? p * x * x : 0;
            }

            Assert.Equal(1, sum, 1e-5);
            if (sigma > 1 && sigma < 80)
            {
                Assert.InRange(Math.Sqrt(square) / sigma, 0.95, 1.25);
            }
        }
    }

    [Fact]
    public void Counts_make_their_codes_cheaper()
    {
        var matrix = RandomMatrices.Quantize([RandomMatrices.Input(256, 128, 1)], new(3e-5, 8)).Matrices[0].Matrix;
        var counts = new CodeCounts();
        counts.Add(matrix);
        Assert.Equal(256 * 128, counts.Values.Sum());
        double before = counts.BitsUnder(RateTables.Default(8).Bits), after = counts.BitsUnder(RateTables.Estimate(8, counts).Bits), entropy = counts.BitsUnder(counts.EntropyBits());
        Assert.True(entropy < after && after < before, $"{entropy} {after} {before}");
    }
}
