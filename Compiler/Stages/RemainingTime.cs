namespace ModelPack.Compiler.Stages;

/// <param name="Stage">A stage that will come.</param>
/// <param name="Seconds">What it takes on a common machine: only its ratio to the others counts once something was measured.</param>
internal readonly record struct ExpectedStage(Stage Stage, double Seconds);

/// <summary>
/// The remaining time from what was measured in this run: a stage that has been there takes as long again; one that has not, its expectation times how much slower than expected
/// this machine has been so far; the current one, its own rate as soon as there is some of it.
/// </summary>
/// <param name="expected">All that is to come, in order. Stages that turn out not to come are passed over.</param>
internal sealed class RemainingTime(IEnumerable<ExpectedStage> expected)
{
    /// <summary>From this part on a stage is judged by its own rate alone.</summary>
    private const double Known = 0.25;

    /// <summary>Expected seconds that must have passed before the machine's pace is judged.</summary>
    private const double Judged = 0.25;

    private readonly List<ExpectedStage> _ahead = [.. expected];
    private readonly Dictionary<Stage, double> _pace = [];
    private ExpectedStage? _current;
    private double _spent;
    private double _foreseen;

    /// <summary>Goes to the next stage of this kind; all that lay before it will not come.</summary>
    public void Begin(Stage stage)
    {
        var next = _ahead.FindIndex(e => e.Stage == stage);
        _current = next < 0 ? null : _ahead[next];
        _ahead.RemoveRange(0, next + 1);
    }

    public void End(double seconds)
    {
        if (_current is { Seconds: > 0 } current)
        {
            _pace[current.Stage] = seconds / current.Seconds;
            _spent += seconds;
            _foreseen += current.Seconds;
        }

        _current = null;
    }

    /// <summary>Null where the current stage was not expected, so that nothing is known of it.</summary>
    /// <param name="part">Done of the current stage, 0 to 1.</param>
    /// <param name="elapsed">Seconds since it began.</param>
    public TimeSpan? Left(double part, double elapsed)
    {
        if (_current is not { } current)
        {
            return null;
        }

        var pace = _foreseen + (part * current.Seconds) >= Judged ? (_spent + elapsed) / (_foreseen + (part * current.Seconds)) : 1;
        // A stage that says nothing of its part would seem slower and slower.
        pace = part == 0 ? _foreseen >= Judged ? _spent / _foreseen : 1 : pace;
        double Seconds(ExpectedStage stage) => stage.Seconds * _pace.GetValueOrDefault(stage.Stage, pace);
        var whole = Seconds(current);
        var own = part > 0 ? elapsed / part : whole;
        var trust = Math.Min(1, part / Known);
        var here = part > 0 ? (1 - part) * ((trust * own) + ((1 - trust) * whole)) : Math.Max(whole - elapsed, 0);
        return TimeSpan.FromSeconds(here + _ahead.Sum(Seconds));
    }
}
