namespace ModelPack.Plan;

/// <summary>Why a text is not a shape or a plan.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based, in UTF-16 units.</param>
/// <param name="Expected">What should have been there.</param>
/// <param name="Got">What was there, shortened.</param>
/// <param name="IsNewerVersion">The text is of a version that this reader does not know.</param>
internal sealed record PlanTextError(int Line, int Column, string Expected, string Got, bool IsNewerVersion = false)
{
    public override string ToString() => $"line {Line}, column {Column}: expected {Expected}, got {Got}";
}

/// <summary>Exactly one of <paramref name="Value"/> and <paramref name="Error"/> is not null.</summary>
internal sealed record PlanTextResult<T>(T? Value, PlanTextError? Error)
    where T : class;
