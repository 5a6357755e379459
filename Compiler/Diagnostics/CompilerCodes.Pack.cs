namespace ModelPack.Compiler;

/// <summary>Identifiers of the compiler's errors; one partial file per area. See docs/diagnostics.</summary>
internal static partial class CompilerCodes
{
    /// <summary>A tensor is too large for one segment.</summary>
    public const string TensorTooLarge = "MP3001";
}
