using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

public sealed class SideGridTests
{
    /// <summary>By the sum of loss and cost over all grids, the loss from its formula.</summary>
    [Fact]
    public void The_grid_is_the_one_that_costs_least()
    {
        foreach (var rows in (int[])[1, 10, 16, 64, 100, 192, 576, 960, 49152, int.MaxValue])
        {
            foreach (var finest in (int[])[4, 8])
            {
                var costs = new[] { 1, 2, 4, 8 }.Where(s => s <= finest).ToDictionary(s => s, s =>
                {
                    var x = Math.Log(2) / s;
                    return (Math.Log2(Math.Sinh(x) / x) / 2) + (Math.Log2(s) / rows);
                });
                Assert.Equal(costs.MinBy(c => c.Value).Key, SideGrid.StepsPerOctave(rows, finest));
            }
        }
    }

    [Theory]
    [InlineData(1.5, 10, 8)]
    [InlineData(1.5, 64, 4)]
    [InlineData(1.5, 192, 4)]
    [InlineData(1.5, 960, 5)]
    [InlineData(0.3, 16, -16)]
    public void Values_are_rounded_to_it(double value, int rows, int expected) => Assert.Equal(expected, SideGrid.Round(value, 8, rows));
}
