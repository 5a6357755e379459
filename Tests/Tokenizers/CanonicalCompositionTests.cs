using System.Text;

namespace ModelPack.Tests.Tokenizers;

public class CanonicalCompositionTests
{
    // From UAX #15 and NormalizationTest.txt (Unicode Character Database): source, form C.
    [Theory]
    [InlineData("A\u030A", "\u00C5")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323")]
    [InlineData("\u1E0A\u0323", "\u1E0C\u0307")]
    [InlineData("D\u0307\u0323", "\u1E0C\u0307")]
    [InlineData("e\u0304\u0301", "\u1E17")]
    [InlineData("e\u0301\u0304", "\u00E9\u0304")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\uFB1F", "\u05F2\u05B7")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\uAC01\u11A8", "\uAC01\u11A8")]
    [InlineData("\u0B47\u0B3E", "\u0B4B")]
    [InlineData("\u0B47\u0300\u0B3E", "\u0B47\u0300\u0B3E")]
    [InlineData("a\u0315\u0300\u05AE\u0062", "\u00E0\u05AE\u0315b")]
    [InlineData("\uF900", "\u8C48")]
    [InlineData("\U0002F800", "\u4E3D")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U000110A5\U000110BA", "\U000110AB")]
    [InlineData("Cu\u031B\u0309a Vie\u0323\u0302t", "Cửa Việt")]
    public void Text_is_composed_as_the_standard_says(string source, string expected)
    {
        Assert.Equal(expected, Compose(source));
        Assert.Equal(expected, Compose(expected));
        Assert.True(source == expected || !CanonicalComposition.IsSurelyComposed(Encoding.UTF8.GetBytes(source)));
    }

    [Fact]
    public void Every_composite_of_the_tables_survives_and_ordinary_text_needs_no_work()
    {
        Assert.True(CanonicalComposition.IsSurelyComposed("Führer, нещо, 我想在, 가나다 🦙"u8));
        for (var point = 0xC0u; point < 0x30000; point++)
        {
            if (point is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }

            var text = char.ConvertFromUtf32((int)point);
            var once = Compose(text);
            Assert.Equal(once, Compose(once));
            Assert.True(once == text || UnicodeClass.NeedsComposition(point));
        }
    }

    [Fact]
    public void A_hundred_thousand_marks_in_the_wrong_order_take_no_square_of_their_number()
    {
        var composed = Compose("a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 100_000)));
        Assert.Equal("\u1EA1" + new string('\u0323', 99_999) + new string('\u0301', 100_000), composed);
    }

    private static string Compose(string text)
    {
        using var output = new PooledList<byte>(16);
        CanonicalComposition.Append(Encoding.UTF8.GetBytes(text), output);
        return Encoding.UTF8.GetString(output.Span);
    }
}
