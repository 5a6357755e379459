namespace ModelPack.Tests.Generation;

public class Xoshiro256Tests
{
    [Fact]
    public void It_gives_the_published_sequence()
    {
        // Test vector of the rand_xoshiro crate, made with the authors' C code; state 1, 2, 3, 4.
        var random = new Xoshiro256(1, 2, 3, 4);
        ulong[] expected =
        [
            11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600, 16172922978634559625, 8476171486693032832,
            10595114339597558777, 2904607092377533576,
        ];
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(_ => random.Next()));
    }

    [Fact]
    public void The_seed_goes_through_splitmix64()
    {
        var state = 0UL;
        Assert.Equal(0xE220A8397B1DCDAF, Xoshiro256.SplitMix64(ref state));
    }

    [Fact]
    public void Units_lie_in_the_half_open_interval_and_fill_it()
    {
        var random = new Xoshiro256(5);
        var bins = new int[10];
        for (var i = 0; i < 10_000; i++)
        {
            var unit = random.NextUnit();
            Assert.InRange(unit, 0, 1 - 1.1e-16);
            bins[(int)(unit * 10)]++;
        }

        Assert.All(bins, n => Assert.InRange(n, 850, 1150));
    }
}
