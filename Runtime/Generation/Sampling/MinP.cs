namespace ModelPack;

/// <summary>Keeps the tokens that are at least p times as probable as the best one (Nguyen et al. 2024).</summary>
internal static class MinP
{
    /// <summary>Needs <see cref="Candidates.Weights"/>, whose greatest is 1.</summary>
    public static void Apply(Candidates candidates, float p) => candidates.KeepFrom(p);
}
