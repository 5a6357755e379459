namespace ModelPack.Compiler;

/// <summary>
/// Identifiers of everything the compiler can refuse; one partial file per area. Each has a row in docs/diagnostics and a test that raises it.
/// </summary>
internal static partial class CompilerCodes
{
}
