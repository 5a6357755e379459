namespace ModelPack.Compiler.Calibration;

/// <summary>What calibration measured, before <see cref="StatisticsRefinement"/> makes the quantiser's weights of it: this is what the cache holds.</summary>
internal sealed class RawStatistics
{
    /// <summary>By the input that some matrices share.</summary>
    public List<MeasuredInput> Inputs { get; } = [];

    /// <summary>Mean squared gradient at each row's output, by the matrix's name; for the head p(1 − p); for a table of tokens, where the head has other rows, how often each is looked up.</summary>
    public Dictionary<string, float[]> RowSquares { get; } = [];

    /// <summary>E[g gᵀ] at what an embedding gave, by the table's name.</summary>
    public Dictionary<string, float[]> Lookups { get; } = [];
}

/// <param name="Matrices">Names of the matrices that read it.</param>
/// <param name="Width">Columns of those matrices.</param>
/// <param name="Moments">E[x xᵀ], [width, width].</param>
internal sealed record MeasuredInput(IReadOnlyList<string> Matrices, int Width, float[] Moments);
