using ModelPack.Compiler.Quantize;
using Xunit;

namespace ModelPack.Tests.Quantize;

/// <summary>Steps of rows: the formula, and what codes beyond the widest tile change about it.</summary>
public class RowStepsTests
{
    private const double Lambda = 1e-9, EscapeBits = 80;
    private const int Columns = 64;

    private static readonly double[] s_rowWeights = [1e-6];

    /// <summary>√(12 λ / (G ln 2)) in quarter octaves.</summary>
    private static readonly int s_plain = (int)Math.Round(4 * Math.Log2(Math.Sqrt(12 * Lambda / (s_rowWeights[0] * Math.Log(2)))));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(300, 1, 0)]
    [InlineData(300, 5, 5)]
    [InlineData(160, 1, 2)]
    [InlineData(4000, 5, 0)]
    [InlineData(4000, 60, 0)]
    public void A_step_is_coarser_where_the_escapes_saved_are_worth_more(int code, int codes, int quarters)
    {
        var values = Row(code, codes);
        var exponent = Assert.Single(RowSteps.Exponents(values, [.. Enumerable.Repeat(1f, Columns)], s_rowWeights, Lambda, 1, EscapeBits));

        Assert.Equal(s_plain + quarters, exponent);
        Assert.Equal(s_plain + Best(values), exponent);
    }

    [Fact]
    public void A_free_escape_changes_no_step() =>
        Assert.Equal([s_plain], RowSteps.Exponents(Row(300, 5), [.. Enumerable.Repeat(1f, Columns)], s_rowWeights, Lambda, 1, 0));

    /// <summary>Codes of one and some large ones, at the plain step.</summary>
    private static float[] Row(int code, int codes)
    {
        var step = Math.Pow(2, s_plain / 4.0);
        return [.. Enumerable.Range(0, Columns).Select(j => (float)(step * (j < codes ? code : 1)))];
    }

    /// <summary>The same decision from its definition: divergence λ 4^x / (2 ln 2) and −x bits a weight, and the price of what does not fit into ±127.5.</summary>
    private static int Best(float[] values)
    {
        var step = Math.Pow(2, s_plain / 4.0);
        return Enumerable.Range(0, 9).MinBy(k =>
        {
            var x = k / 4.0;
            return (Columns * (Math.Pow(4, x) / (2 * Math.Log(2)) - x)) + (EscapeBits * values.Count(v => v / (step * Math.Pow(2, x)) > 127.5));
        });
    }
}
