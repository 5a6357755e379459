using System.Globalization;
using ModelPack.Compiler;

namespace ModelPack.Compiler.Stages;

/// <summary>
/// What stages a compilation will go through, in order, and what each takes of the others' time. Seconds are of SmolLM2-135M on two cores; those of other models go by their weights,
/// and by this machine's pace as soon as something was measured (<see cref="RemainingTime"/>).
/// </summary>
internal static class StageExpectations
{
    private const double Weights = 134.5e6;

    /// <summary>Of the calibrated recipe.</summary>
    /// <param name="effort">Normal or Best.</param>
    /// <param name="weights">Of the model.</param>
    /// <param name="rough">Evaluations before refining; none where nothing is refined.</param>
    /// <param name="evaluations">Evaluations of the search.</param>
    public static IEnumerable<ExpectedStage> Calibrated(Effort effort, long weights, int rough, int evaluations)
    {
        var scale = weights / Weights;
        var isBest = effort == Effort.Best;
        ExpectedStage[] evaluation = [new(Stage.Quantising, 11 * scale), new(Stage.Packing, 3.5 * scale), new(Stage.Measuring, 6 * scale)];
        return
        [
            new(Stage.Statistics, (isBest ? 95 : 36) * scale),
            new(Stage.Reference, 4 * scale),
            .. isBest ? Enumerable.Repeat(evaluation, rough).SelectMany(e => e).Append(new(Stage.Allocation, 75 * scale)).Append(new(Stage.Tuning, 130 * scale)) : [],
            .. Enumerable.Repeat(evaluation, evaluations).SelectMany(e => e),
        ];
    }

    /// <summary>In words for a console: <c>about 25 s left</c>; empty where little is known or left.</summary>
    public static string Words(TimeSpan? left) => left switch
    {
        { TotalSeconds: >= 100 } time => string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling(time.TotalMinutes):F0} min left"),
        { TotalSeconds: >= 3 } time => string.Create(CultureInfo.InvariantCulture, $", about {5 * Math.Ceiling(time.TotalSeconds / 5):F0} s left"),
        _ => "",
    };
}
