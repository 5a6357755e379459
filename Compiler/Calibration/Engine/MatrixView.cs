namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>An f32 matrix in memory; one of its strides is 1.</summary>
/// <param name="data">Element [0, 0].</param>
/// <param name="rows">Rows.</param>
/// <param name="columns">Columns.</param>
/// <param name="rowStride">Floats from a row to the next.</param>
/// <param name="columnStride">Floats from a column to the next.</param>
internal readonly unsafe struct MatrixView(float* data, int rows, int columns, nint rowStride, nint columnStride)
{
    /// <summary>Row-major without gaps.</summary>
    public MatrixView(float* data, int rows, int columns)
        : this(data, rows, columns, columns, 1)
    {
    }

    public float* Data => data;

    public int Rows => rows;

    public int Columns => columns;

    public nint RowStride => rowStride;

    public nint ColumnStride => columnStride;

    public MatrixView Transposed => new(data, columns, rows, columnStride, rowStride);

    public MatrixView RowRange(int first, int count) => new(data + (first * rowStride), count, columns, rowStride, columnStride);
}
