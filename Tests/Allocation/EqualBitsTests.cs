using ModelPack.Compiler.Allocation;

namespace ModelPack.Tests.Allocation;

public sealed class EqualBitsTests
{
    private static readonly double[] s_before = [.10, .08, .12, .09];

    [Fact]
    public void A_bit_is_worth_a_quarter_of_the_divergence()
    {
        Assert.Equal(EqualBits.Objective(.08, 3), EqualBits.Objective(.02, 4), 1e-12);
        Assert.False(EqualBits.IsBetter([.. s_before.Select(d => d / 4)], 4, s_before, 3));
        Assert.True(EqualBits.IsBetter([.. s_before.Select(d => d / 5)], 4, s_before, 3));
    }

    [Fact]
    public void What_windows_do_not_agree_on_is_no_gain()
    {
        // Half of them gain a quarter, half lose a fifth: 3% less on average.
        Assert.False(EqualBits.IsBetter([.075, .096, .09, .108], 3, s_before, 3));
        Assert.True(EqualBits.IsBetter([.097, .0776, .1164, .0873], 3, s_before, 3));
        Assert.False(EqualBits.IsBetter(s_before, 3, s_before, 3));
    }
}
