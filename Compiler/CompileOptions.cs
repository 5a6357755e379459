namespace ModelPack.Compiler;

/// <summary>What a model is compiled to; checked.</summary>
/// <param name="Name">Class name.</param>
/// <param name="Namespace">Namespace; may be empty.</param>
/// <param name="ContextLength">Positions a sequence may have; null: the model's own.</param>
internal sealed record CompileOptions(string Name, string Namespace, int? ContextLength)
{
    /// <summary>Quality, budgets, recipe.</summary>
    public CompressionOptions Compression { get; init; } = CompressionOptions.Source;

    /// <summary>Names of passes that do not run (tests compare results with a pass and without).</summary>
    public IReadOnlyList<string> ExceptPasses { get; init; } = [];
}
