namespace ModelPack.Compiler;

internal static partial class CompilerCodes
{
    /// <summary>Statistics that no calibration gives: not finite, negative, of the wrong size, or a matrix of moments that is not positive semi-definite.</summary>
    public const string StatisticsUnusable = "MP3301";
}
