namespace ModelPack.Compiler.Quantize;

/// <summary>Values of a quantised matrix.</summary>
internal static class TiledDequantizer
{
    /// <returns>[rows, columns] in source order: step_i · c_j · q_ij.</returns>
    public static float[] Run(TiledMatrix matrix)
    {
        var values = new float[checked(matrix.Rows * matrix.Columns)];
        var scales = matrix.ColumnExponents.Select(e => (float)Octaves.Power(e, ColumnBasis.ScaleStepsPerOctave)).ToArray();
        var codesPerStep = matrix.States > 1 ? 0.5 : 1;
        Parallel.For(0, matrix.RowGroups, g =>
        {
            for (var lane = 0; lane < TiledMatrix.TileRows && (g * TiledMatrix.TileRows) + lane < matrix.Rows; lane++)
            {
                var position = (g * TiledMatrix.TileRows) + lane;
                var step = (float)(Octaves.Power(matrix.RowExponents[position], matrix.RowStepsPerOctave) * codesPerStep);
                var row = values.AsSpan(matrix.RowOrder[position] * matrix.Columns, matrix.Columns);
                for (var j = 0; j < matrix.Columns; j++)
                {
                    row[matrix.ColumnOrder[j]] = step * scales[j] * matrix.Codes[(((g * matrix.Columns) + j) * TiledMatrix.TileRows) + lane];
                }
            }
        });
        return values;
    }
}
