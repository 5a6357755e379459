namespace ModelPack.Compiler.Quantize;

/// <summary>Expected divergence of a quantised matrix where errors of different columns are taken as unrelated, as they are without errors passed on.</summary>
internal static class DiagonalDivergence
{
    /// <returns>Σ (w − ŵ)² h_j G_i / 2, nats per token.</returns>
    /// <param name="values">[rows, columns]: the original.</param>
    /// <param name="matrix">Its codes.</param>
    /// <param name="statistics">Its calibration.</param>
    public static double Of(float[] values, TiledMatrix matrix, MatrixStatistics statistics)
    {
        var decoded = QuantizedRows.Values(matrix);
        var columns = matrix.Columns;
        var importance = Enumerable.Range(0, columns).Select(j => statistics.Input.Values[(j * columns) + j]).ToArray();
        double total = 0;
        for (var i = 0; i < matrix.Rows; i++)
        {
            double row = 0;
            for (var j = 0; j < columns; j++)
            {
                double error = values[(i * columns) + j] - decoded[(i * columns) + j];
                row += error * error * importance[j];
            }

            total += row * statistics.RowWeights[i];
        }

        return total / 2;
    }
}
