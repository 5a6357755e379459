using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

public sealed class OctavesTests
{
    public static TheoryData<int> Resolutions => [1, 2, 4, 8, 64];

    [Theory]
    [MemberData(nameof(Resolutions))]
    public void Powers_are_those_of_the_library_and_round_back(int perOctave)
    {
        for (var e = -300; e <= 300; e++)
        {
            var power = Octaves.Power(e, perOctave);
            Assert.Equal(1, power / Math.Pow(2, (double)e / perOctave), 1e-14);
            Assert.Equal(e, Octaves.Round(power, perOctave));
        }
    }

    [Theory]
    [MemberData(nameof(Resolutions))]
    public void Rounding_is_to_the_nearest_step(int perOctave)
    {
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var x = Math.Exp(40 * (random.NextDouble() - 0.5));
            Assert.Equal(Math.Log2(x) * perOctave, Octaves.Round(x, perOctave), 0.5 + 1e-9);
        }
    }
}
