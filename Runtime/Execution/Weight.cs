using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack;

/// <summary>
/// A weight matrix or vector of a loaded model, in its resident form. <c>y = W·x</c> with W of shape [<see cref="Rows"/>, <see cref="Columns"/>].
/// </summary>
public sealed unsafe class Weight
{
    internal Weight(string name, MatrixKernel kernel, int rows, int columns)
        : this(name, kernel, rows, columns, kernel.Bytes(rows, columns))
    {
    }

    /// <param name="residentBytes">Bytes of the resident form, which not every format's shape tells; <see cref="MatrixKernel.IsPossible"/> has been asked.</param>
    internal Weight(string name, MatrixKernel kernel, int rows, int columns, long residentBytes)
    {
        Name = name;
        Kernel = kernel;
        Rows = rows;
        Columns = columns;
        ResidentBytes = residentBytes;
    }

    /// <summary>The tensor's name in the source file.</summary>
    public string Name { get; }

    /// <summary>The resident form.</summary>
    public WeightFormat Format => Kernel.Format;

    /// <summary>Output features; 1 for a vector.</summary>
    public int Rows { get; }

    /// <summary>Input features.</summary>
    public int Columns { get; }

    /// <summary>Bytes of the resident form, padding included.</summary>
    public long ResidentBytes { get; }

    internal MatrixKernel Kernel { get; }

    /// <summary>The resident bytes, while the model is loaded: in its buffer of decoded weights, or in the pack itself.</summary>
    internal byte* Data { get; private set; }

    /// <summary>Tiled family, while attached: where things are in <see cref="Data"/>.</summary>
    internal TiledView? Tiled { get; private set; }

    /// <summary>Gives the weight its bytes, <see cref="ResidentBytes"/> long, or takes them away (null).</summary>
    /// <exception cref="ModelPackException">MP5001: the bytes make no sense (tiled family; the others have no structure that could be wrong).</exception>
    internal void Attach(byte* data)
    {
        Tiled = data == null ? null : Kernel.Open(Name, data, ResidentBytes, Rows, Columns);
        Data = data;
    }

    /// <summary>Row <paramref name="row"/> as f32, exactly what the kernels multiply with.</summary>
    /// <param name="row">0 … Rows − 1.</param>
    /// <param name="values">At least <see cref="Columns"/> long.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ArgumentException"><paramref name="values"/> is too short.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    public void DequantizeRow(int row, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        if (values.Length < Columns)
        {
            throw new ArgumentException($"A row of {Name} has {Columns} values, the span holds {values.Length}.", nameof(values));
        }

        ObjectDisposedException.ThrowIf(Data == null, this);
        fixed (float* to = values)
        {
            Kernel.Dequantize(Data, Rows, Columns, row, to, Tiled);
        }
    }

    /// <summary>The whole matrix as f32, [Rows, Columns] row-major.</summary>
    public float[] Dequantize()
    {
        var values = new float[checked(Rows * Columns)];
        for (var row = 0; row < Rows; row++)
        {
            DequantizeRow(row, values.AsSpan(row * Columns, Columns));
        }

        return values;
    }
}
