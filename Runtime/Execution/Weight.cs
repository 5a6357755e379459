using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack;

/// <summary>
/// A weight matrix or vector of a loaded model, in its resident form. <c>y = W·x</c> with W of shape [<see cref="Rows"/>, <see cref="Columns"/>].
/// </summary>
public sealed unsafe class Weight
{
    private WeightLoader? _loader;
    private int _index;
    private volatile nint _data;

    internal Weight(string name, MatrixKernel kernel, int rows, int columns)
        : this(name, kernel, rows, columns, kernel.Bytes(rows, columns))
    {
    }

    /// <param name="residentBytes">Bytes of the resident form, which not every format's shape tells, or most that it may have; <see cref="MatrixKernel.IsPossible"/> has been asked.</param>
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

    /// <summary>Bytes of the resident form, padding included. Of an expanded weight (<see cref="ResidentForm.Expanded"/>) that has not been decoded yet: most that they may be.</summary>
    public long ResidentBytes { get; private set; }

    internal MatrixKernel Kernel { get; }

    /// <summary>The resident bytes, from <see cref="Require"/> on while the model is loaded: in its buffer of decoded weights, or in the pack itself.</summary>
    internal byte* Data => (byte*)_data;

    /// <summary>Tiled family, while attached: where things are in <see cref="Data"/>.</summary>
    internal TiledView? Tiled { get; private set; }

    /// <summary>Gives the weight its bytes, or takes them away (null).</summary>
    /// <param name="data">Where they are.</param>
    /// <param name="bytes">How many.</param>
    /// <exception cref="ModelPackException">MP5001: the bytes make no sense (tiled family; the others have no structure that could be wrong).</exception>
    internal void Attach(byte* data, long bytes)
    {
        // Who sees the data sees the view.
        Tiled = data == null ? null : Kernel.Open(Name, data, bytes, Rows, Columns);
        ResidentBytes = data == null ? ResidentBytes : bytes;
        _data = (nint)data;
    }

    /// <summary>Gives the weight its bytes, exactly <see cref="ResidentBytes"/>, or takes them away (null).</summary>
    /// <exception cref="ModelPackException">MP5001, as above.</exception>
    internal void Attach(byte* data) => Attach(data, ResidentBytes);

    /// <summary>Says who decodes this weight when it is first needed.</summary>
    internal void LoadWith(WeightLoader loader, int index) => (_loader, _index) = (loader, index);

    /// <summary>Returns when <see cref="Data"/> is there: what every operation calls before it uses a weight, on the thread that started it.</summary>
    /// <exception cref="ModelPackException">MP5002: its bytes in the pack are damaged.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    internal void Require()
    {
        if (_data == 0)
        {
            ObjectDisposedException.ThrowIf(_loader is null, this);
            _loader.Require(_index);
        }
    }

    /// <summary>Row <paramref name="row"/> as f32, exactly what the kernels multiply with.</summary>
    /// <param name="row">0 … Rows − 1.</param>
    /// <param name="values">At least <see cref="Columns"/> long.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ArgumentException"><paramref name="values"/> is too short.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    /// <exception cref="ModelPackException">MP5002: the weight's bytes in the pack are damaged.</exception>
    public void DequantizeRow(int row, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        if (values.Length < Columns)
        {
            throw new ArgumentException($"A row of {Name} has {Columns} values, the span holds {values.Length}.", nameof(values));
        }

        _loader?.Enter();
        try
        {
            Require();
            fixed (float* to = values)
            {
                Kernel.Dequantize(Data, Rows, Columns, row, to, Tiled);
            }
        }
        finally
        {
            _loader?.Exit();
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
