namespace ModelPack.Compiler.Quantize;

/// <summary>A kind of matrix, by what its errors do.</summary>
internal enum MatrixKind
{
    /// <summary>A linear within the model.</summary>
    Linear,

    /// <summary>Embedding or head: a row for each token.</summary>
    Vocabulary,
}

/// <summary>A matrix to quantise.</summary>
/// <param name="Name">For messages and the report.</param>
/// <param name="Values">Gives [rows, columns] when it is needed; called once.</param>
/// <param name="Statistics">Its calibration. Matrices that read the same input share one <see cref="InputMoments"/> and get the same order and scales of columns.</param>
/// <param name="Kind">Which tables and damping.</param>
internal sealed record MatrixInput(string Name, Func<float[]> Values, MatrixStatistics Statistics, MatrixKind Kind)
{
    private static readonly Dictionary<string, float[]> s_none = [];

    /// <summary>λ of this matrix beside the model's.</summary>
    public double LambdaFactor { get; init; } = 1;

    /// <summary>Vectors of the model that have other values beside this form of the matrix, by name.</summary>
    public IReadOnlyDictionary<string, float[]> Vectors { get; init; } = s_none;

    public int Rows => Statistics.RowWeights.Length;

    public int Columns => Statistics.Input.Columns;

    public long Weights => (long)Rows * Columns;
}
