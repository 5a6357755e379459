using ModelPack.Compiler.Allocation;

namespace ModelPack.Tests.Allocation;

public sealed class WidthSearchTests
{
    [Theory]
    [InlineData(6, 4, 4)]
    [InlineData(4, 6, 6)]
    [InlineData(5, 5, 5)]
    [InlineData(2, 2, 2)]
    [InlineData(8, 2, 2)]
    [InlineData(2, 8, 8)]
    [InlineData(8, 8, 8)]
    public void The_narrowest_good_width_is_found_from_any_start_and_none_is_asked_twice(int first, int good, int expected)
    {
        var asked = new List<int>();
        Assert.Equal(expected, WidthSearch.Narrowest(first, 2, 8, width =>
        {
            asked.Add(width);
            return width >= good;
        }));
        Assert.Equal(asked.Count, asked.Distinct().Count());
        Assert.All(asked, w => Assert.InRange(w, 2, 8));
    }

    [Fact]
    public void Where_no_width_is_good_there_is_none() => Assert.Null(WidthSearch.Narrowest(6, 2, 8, _ => false));
}
