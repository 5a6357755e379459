using ModelPack.Compiler.Calibration.Engine;

namespace ModelPack.Compiler.Quantize;

/// <summary>Values of a quantised matrix by source row, step_i · c_j · q_ij, computed when they are read: two bytes a weight, where values would take four.</summary>
internal sealed class QuantizedRows : IWeightRows
{
    private readonly short[] _codes;
    private readonly int[] _columnOrder;
    private readonly float[] _scales;
    private readonly float[] _steps;

    public QuantizedRows(TiledMatrix matrix)
    {
        _columnOrder = matrix.ColumnOrder;
        _scales = [.. matrix.ColumnExponents.Select(e => (float)Octaves.Power(e, ColumnBasis.ScaleStepsPerOctave))];
        _steps = new float[matrix.Rows];
        // [source rows, column positions]: a row of the tiled form is scattered over as many cache lines as it has columns.
        _codes = new short[checked(matrix.Rows * matrix.Columns)];
        var stepsPerCode = matrix.States > 1 ? 0.5 : 1;
        Parallel.For(0, matrix.RowGroups, g =>
        {
            for (var lane = 0; lane < TiledMatrix.TileRows && (g * TiledMatrix.TileRows) + lane < matrix.Rows; lane++)
            {
                var position = (g * TiledMatrix.TileRows) + lane;
                var source = matrix.RowOrder[position];
                _steps[source] = (float)(Octaves.Power(matrix.RowExponents[position], matrix.RowStepsPerOctave) * stepsPerCode);
                var row = _codes.AsSpan(source * matrix.Columns, matrix.Columns);
                for (var j = 0; j < matrix.Columns; j++)
                {
                    row[j] = matrix.Codes[(((g * matrix.Columns) + j) * TiledMatrix.TileRows) + lane];
                }
            }
        });
    }

    public void Read(int row, Span<float> values)
    {
        var columns = _columnOrder.Length;
        var codes = _codes.AsSpan(row * columns, columns);
        var step = _steps[row];
        for (var j = 0; j < columns; j++)
        {
            values[_columnOrder[j]] = step * _scales[j] * codes[j];
        }
    }

    /// <summary>All values of a matrix, [rows, columns] in source order.</summary>
    public static float[] Values(TiledMatrix matrix)
    {
        var rows = new QuantizedRows(matrix);
        var values = new float[checked(matrix.Rows * matrix.Columns)];
        Parallel.For(0, matrix.Rows, i => rows.Read(i, values.AsSpan(i * matrix.Columns, matrix.Columns)));
        return values;
    }
}
