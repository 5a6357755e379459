using System.Text;

namespace ModelPack.Tests.Generation;

public class StopStringFilterTests
{
    [Fact]
    public void Text_passes_at_once_without_stop_strings() => Assert.Equal("abc", new StopStringFilter([]).Append("abc"));

    [Fact]
    public void Only_what_could_begin_a_stop_string_is_held_back()
    {
        var filter = new StopStringFilter(["</end>"]);
        Assert.Equal("one ", filter.Append("one <"));
        Assert.Equal("", filter.Append("/e"));
        Assert.Equal("</em> ", filter.Append("m> "));
        Assert.Equal("two", filter.Append("two<"));
        Assert.Equal("<", filter.Flush());
        Assert.False(filter.Stopped);
    }

    [Fact]
    public void The_stop_string_and_what_follows_are_left_out()
    {
        var filter = new StopStringFilter(["STOP"]);
        Assert.Equal("a", filter.Append("aS"));
        Assert.Equal("", filter.Append("TO"));
        Assert.Equal("", filter.Append("P and more"));
        Assert.True(filter.Stopped);
        Assert.Equal("", filter.Append("x") + filter.Flush());
    }

    [Fact]
    public void A_false_start_can_hide_the_true_one()
    {
        var filter = new StopStringFilter(["aab"]);
        Assert.Equal("", filter.Append("aa"));
        Assert.Equal("a", filter.Append("a"));
        Assert.Equal("", filter.Append("b"));
        Assert.True(filter.Stopped);
    }

    [Fact]
    public void The_first_complete_one_wins_and_of_two_that_end_together_the_longer()
    {
        Assert.Equal("xa", new StopStringFilter(["abcd", "bc"]).Append("xabcd"));
        Assert.Equal("x", new StopStringFilter(["bc", "abc"]).Append("xabc"));
    }

    [Fact]
    public void Stop_strings_are_compared_ordinally() => Assert.Equal("e\u0301 E", new StopStringFilter(["\u00e9", "e "]).Append("e\u0301 E"));

    [Fact]
    public void The_result_does_not_depend_on_where_pieces_are_cut()
    {
        var seed = 7UL;
        int Next(int n) => (int)(Xoshiro256.SplitMix64(ref seed) % (ulong)n);
        string Word(int most) => string.Concat(Enumerable.Range(0, 1 + Next(most)).Select(_ => (char)('a' + Next(3))));
        var stopped = 0;
        for (var round = 0; round < 2000; round++)
        {
            string[] stops = [.. Enumerable.Range(0, 1 + Next(3)).Select(_ => Word(6))];
            var text = Word(30);
            var whole = new StopStringFilter(stops);
            var expected = whole.Append(text) + whole.Flush();
            stopped += whole.Stopped ? 1 : 0;

            var filter = new StopStringFilter(stops);
            var actual = new StringBuilder();
            for (var at = 0; at < text.Length;)
            {
                var length = Math.Min(1 + Next(4), text.Length - at);
                actual.Append(filter.Append(text.Substring(at, length)));
                at += length;
            }

            actual.Append(filter.Flush());
            Assert.Equal(expected, actual.ToString());
            Assert.Equal(whole.Stopped, filter.Stopped);
            Assert.Equal(stops.Any(s => text.Contains(s, StringComparison.Ordinal)), filter.Stopped);
        }

        Assert.InRange(stopped, 200, 1900);
    }
}
