using ModelPack.Kernels;

namespace ModelPack.Tests.Generation;

public class DeterministicMathTests
{
    [Fact]
    public void Exp_is_within_two_units_in_the_last_place_of_the_platforms()
    {
        var seed = 1UL;
        for (var i = 0; i < 200_000; i++)
        {
            var unit = (Xoshiro256.SplitMix64(ref seed) >> 11) * (1.0 / (1UL << 53));
            var x = i % 2 == 0 ? (unit * 1416) - 708 : (unit * 60) - 50;
            Assert.True(Ulps(DeterministicMath.Exp(x), Math.Exp(x)) <= 2, $"exp({x:R}) = {DeterministicMath.Exp(x):R}, expected {Math.Exp(x):R}");
        }
    }

    [Fact]
    public void Exp_rounds_into_subnormals_within_one_step()
    {
        for (var x = -745.0; x < -708; x += 0.01)
        {
            Assert.True(Ulps(DeterministicMath.Exp(x), Math.Exp(x)) <= 2, $"exp({x:R})");
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-746, 0)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(710, double.PositiveInfinity)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.MaxValue, double.PositiveInfinity)]
    [InlineData(double.MinValue, 0)]
    [InlineData(double.Epsilon, 1)]
    public void Exp_has_its_special_values(double x, double expected) => Assert.Equal(expected, DeterministicMath.Exp(x));

    [Fact]
    public void Exp_is_finite_up_to_its_overflow_and_positive_down_to_its_underflow()
    {
        Assert.Equal(0, Ulps(DeterministicMath.Exp(709.78), Math.Exp(709.78)), 2.0);
        Assert.Equal(double.Epsilon, DeterministicMath.Exp(-745.1));
    }

    /// <summary>Each within 0.6 units in the last place of the value to 60 digits. The bits are part of the promise that a seed gives the same text everywhere.</summary>
    [Theory]
    [InlineData(-0.6931471805599453, 4602678819172646912)]
    [InlineData(-12.345, 4526751318660336514)]
    [InlineData(0.1, 4607656066507473108)]
    [InlineData(-700.25, 57128419154484366)]
    public void Exp_has_fixed_bits(double x, long bits) => Assert.Equal(bits, BitConverter.DoubleToInt64Bits(DeterministicMath.Exp(x)));

    private static double Ulps(double a, double b) => Math.Abs(BitConverter.DoubleToInt64Bits(a) - BitConverter.DoubleToInt64Bits(b));
}
