using ModelPack.Compiler;
using ModelPack.Compiler.Stages;

namespace ModelPack.Tests.Stages;

/// <summary>What a console says of the time that is left.</summary>
public class RemainingTimeTests
{
    private readonly ManualTime _time = new();
    private readonly List<StageReport> _reports = [];

    [Fact]
    public void The_pace_of_what_is_done_is_expected_of_what_comes()
    {
        var clock = Clock(Effort.Normal);
        clock.Begin(Stage.Statistics);
        _time.Seconds += 72; // twice as long as expected
        clock.Begin(Stage.Reference);
        Assert.Equal(2 * (4 + (3 * 20.5)), Left());
        _time.Seconds += 8;
        clock.Begin(Stage.Quantising);
        Assert.Equal(2 * 3 * 20.5, Left());
    }

    [Fact]
    public void A_stage_that_was_there_before_takes_as_long_again()
    {
        var clock = Clock(Effort.Normal);
        foreach (var (stage, seconds) in ((Stage, int)[])[(Stage.Statistics, 36), (Stage.Reference, 4), (Stage.Quantising, 110), (Stage.Packing, 4), (Stage.Measuring, 6)])
        {
            clock.Begin(stage);
            _time.Seconds += seconds;
        }

        clock.Begin(Stage.Quantising);
        // Two more of each, quantising ten times slower than expected.
        Assert.Equal(2 * (110 + 4 + 6), Left());
    }

    [Fact]
    public void A_stage_is_judged_by_its_own_rate_once_there_is_some_of_it()
    {
        var clock = Clock(Effort.Normal);
        clock.Begin(Stage.Statistics);
        _time.Seconds += 100;
        clock.Report(0.5);
        var later = 100 / 18.0 * (4 + (3 * 20.5));
        Assert.InRange(Left(), 100 + later - 1, 100 + later + 1);
    }

    [Fact]
    public void Best_expects_its_refinement_and_what_is_skipped_does_not_count()
    {
        var clock = Clock(Effort.Best);
        clock.Begin(Stage.Statistics);
        var all = 95 + 4 + (5 * 20.5) + 75 + 130;
        Assert.Equal(all, Left());
        _time.Seconds += 95;
        clock.Begin(Stage.Allocation);
        Assert.Equal(75 + 130 + (3 * 20.5), Left());
    }

    [Fact]
    public void Nothing_is_said_where_nothing_is_expected()
    {
        var clock = new StageClock(_reports.Add, _time);
        clock.Begin(Stage.Packing);
        Assert.Null(_reports[^1].Left);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(2.0, "")]
    [InlineData(3.0, ", about 5 s left")]
    [InlineData(61.0, ", about 65 s left")]
    [InlineData(100.0, ", about 2 min left")]
    [InlineData(3599.0, ", about 60 min left")]
    public void In_words(double? seconds, string words) =>
        Assert.Equal(words, StageExpectations.Words(seconds is { } s ? TimeSpan.FromSeconds(s) : null));

    private StageClock Clock(Effort effort)
    {
        var clock = new StageClock(_reports.Add, _time);
        clock.Expect(StageExpectations.Calibrated(effort, 134_500_000, 2, 3));
        return clock;
    }

    private double Left() => Math.Round(_reports[^1].Left!.Value.TotalSeconds, 3);

    private sealed class ManualTime : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);
    }
}
