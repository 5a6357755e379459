namespace ModelPack.Compiler.Allocation;

/// <summary>A point of the rate–distortion front that was really reached.</summary>
/// <param name="Step">λ, in steps of <see cref="RateStep"/> from the model's own starting point.</param>
/// <param name="Divergence">Mean KL divergence on held-out text, nats per token.</param>
/// <param name="BitsRest">Bits at rest per weight.</param>
/// <param name="PackBytes">Bytes of the whole pack.</param>
/// <param name="ResidentBytes">Bytes of the weights in memory.</param>
internal sealed record FrontPoint(int Step, double Divergence, double BitsRest, long PackBytes, long ResidentBytes)
{
    /// <summary>Tokens a second that are expected; 0: nothing is.</summary>
    public double DecodeSpeed { get; init; }
}

/// <summary>
/// Finds λ for a divergence or a budget. Divergence falls as 4^(−bits) and λ is proportional to it, so in steps of log λ both are nearly straight lines,
/// and a few full quantisations suffice.
/// </summary>
/// <param name="evaluate">Quantises the whole model with λ at a step, packs and measures it.</param>
/// <param name="weights">Weights of the model, to turn bytes into bits.</param>
/// <param name="maxEvaluations">Quantisations that may be spent.</param>
/// <param name="start">The first step.</param>
internal sealed class RateSearch(Func<int, FrontPoint> evaluate, long weights, int maxEvaluations, int start = 0)
{
    /// <summary>A divergence this far below what is allowed is near enough.</summary>
    private const double Near = 0.92;

    /// <summary>Aimed at within the allowed: the next evaluation should not miss it by noise.</summary>
    private const double Aim = 0.975;

    /// <summary>A budget is used up where less than this part of it is left.</summary>
    private const double Left = 0.01;

    private readonly List<FrontPoint> _points = [];

    /// <summary>Quantisations that may be spent beyond that where none has kept to a divergence yet.</summary>
    public int Further { get; init; }

    /// <summary>Every point that was evaluated, in order.</summary>
    public IReadOnlyList<FrontPoint> Points => _points;

    /// <summary>By the quality that is asked for, or where there is none, by the budgets.</summary>
    public FrontPoint? For(CompressionOptions options) => options.Quality.IsSource ? ForBudget(options) : ForDivergence(options.Quality.Divergence);

    /// <summary>The smallest model whose divergence is at most <paramref name="target"/>.</summary>
    /// <returns>The best point; above the target only where every evaluation was.</returns>
    public FrontPoint ForDivergence(double target)
    {
        var step = start;
        while (_points.Count < maxEvaluations + (_points.Exists(p => p.Divergence <= target) ? 0 : Further) && _points.TrueForAll(p => p.Step != step))
        {
            var point = Evaluate(step);
            if (point.Divergence <= target && point.Divergence >= Near * target)
            {
                break;
            }

            step = NextFor(target);
        }

        return _points.Where(p => p.Divergence <= target).MaxBy(p => p.Step) ?? _points.MinBy(p => p.Divergence)!;
    }

    /// <summary>The best model that keeps to the budgets; null where none was reached, and then the smallest is in <see cref="Points"/>.</summary>
    public FrontPoint? ForBudget(CompressionOptions budget)
    {
        var step = start;
        while (_points.Count < maxEvaluations && _points.TrueForAll(p => p.Step != step))
        {
            var point = Evaluate(step);
            var over = Excess(point, budget);
            if (over <= 0 && -over <= Left * point.BitsRest)
            {
                break;
            }

            // Half a bit an octave; a little more, so that it fits.
            step = point.Step + (int)Math.Ceiling((over + (0.25 * Left * point.BitsRest)) * 2 * RateStep.PerOctave);
        }

        return _points.Where(p => Excess(p, budget) <= 0).MinBy(p => p.Step);
    }

    /// <summary>Bits per weight by which a point exceeds the tightest budget; negative: what is left.</summary>
    public double Excess(FrontPoint point, CompressionOptions budget)
    {
        var over = double.NegativeInfinity;
        if (budget.BitsPerWeight is { } bits)
        {
            over = Math.Max(over, point.BitsRest - bits);
        }

        if (budget.MaxSize is { } size)
        {
            over = Math.Max(over, 8.0 * (point.PackBytes - size) / weights);
        }

        if (budget.MemoryBudget is { } memory)
        {
            over = Math.Max(over, 8.0 * (point.ResidentBytes - memory) / weights);
        }

        if (budget.DecodeSpeed is { } speed)
        {
            // Time goes with the bits that are read.
            over = Math.Max(over, 8.0 * point.ResidentBytes / weights * (1 - (point.DecodeSpeed / speed)));
        }

        return over;
    }

    /// <summary>The step at which divergence should be what is wanted, going by that of a point and by D ∝ λ.</summary>
    public static int Toward(double target, int step, double divergence) => step + RateStep.Floor(Aim * target / Math.Max(divergence, 1e-12));

    private FrontPoint Evaluate(int step)
    {
        var point = evaluate(step);
        _points.Add(point);
        return point;
    }

    /// <summary>By the line through the two points nearest the target on either side, else from the last point with divergence proportional to λ.</summary>
    private int NextFor(double target)
    {
        var below = _points.Where(p => p.Divergence <= target).MaxBy(p => p.Step);
        var above = _points.Where(p => p.Divergence > target).MinBy(p => p.Step);
        if (below is not null && above is not null && above.Step > below.Step)
        {
            var whole = RateStep.Floor(above.Divergence / Math.Max(below.Divergence, 1e-12));
            var part = RateStep.Floor(Aim * target / Math.Max(below.Divergence, 1e-12));
            return whole <= 0 ? below.Step : below.Step + (int)((long)part * (above.Step - below.Step) / whole);
        }

        var last = _points[^1];
        return Toward(target, last.Step, last.Divergence);
    }
}
