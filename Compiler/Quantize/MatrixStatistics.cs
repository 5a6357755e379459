namespace ModelPack.Compiler.Quantize;

/// <summary>
/// What the quantiser knows of a matrix beside its values: it sees matrices with statistics, never a model family.
/// </summary>
/// <param name="Input">Second moments of the input; matrices with the same input (Q, K, V) share one object, so that its factorisation is made once.</param>
/// <param name="RowWeights">[rows]: mean squared gradient of the loss with respect to each output (K-FAC's diagonal), in nats² per token.</param>
internal sealed record MatrixStatistics(InputMoments Input, float[] RowWeights);

/// <param name="Columns">Input features.</param>
/// <param name="Values">[columns, columns] row-major: E[x xᵀ] over the calibration tokens.</param>
internal sealed record InputMoments(int Columns, float[] Values)
{
    /// <summary>Rows of all matrices that read the input: what its columns' scales cost is divided among them.</summary>
    public int Rows { get; init; } = int.MaxValue;
}
