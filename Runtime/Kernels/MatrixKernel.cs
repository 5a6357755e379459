using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// The kernels of one resident format. One instance per format, shared by all weights in it; chooses the rung once per call.
/// </summary>
internal abstract unsafe class MatrixKernel
{
    /// <summary>The format these kernels read.</summary>
    public abstract WeightFormat Format { get; }

    /// <summary>Whether this format is multiplied with int8 activations unless float ones are asked for.</summary>
    public abstract bool UsesInt8 { get; }

    /// <summary>Rows that are computed together; work is divided between threads in multiples of it.</summary>
    public abstract int RowsPerBlock { get; }

    /// <summary>Bytes of the resident form.</summary>
    /// <exception cref="NotSupportedException">The format has no fixed size (tiled).</exception>
    public abstract long Bytes(int rows, int columns);

    /// <summary>Whether a resident form of this shape can have so many bytes. Where the size is not fixed, <see cref="Open"/> checks the rest.</summary>
    public virtual bool IsPossible(int rows, int columns, long bytes) => bytes == Bytes(rows, columns);

    /// <summary>Checks a resident form whose bytes say where things are, and gives them as a view; null where the format needs none.</summary>
    /// <exception cref="ModelPackException">MP5001: the bytes make no sense.</exception>
    public virtual TiledView? Open(string name, byte* data, long bytes, int rows, int columns) => null;

    /// <summary>Scratch bytes per worker for weights with this many columns.</summary>
    public abstract long ScratchBytes(int columns);

    /// <summary>Y[t, rows of blocks first … end) = (or +=) W·x_t with int8 activations.</summary>
    public abstract void MultiplyInt8(in MatrixCall call, QuantizedActivations x, int firstBlock, int endBlock, byte* scratch);

    /// <summary>The same with f32 activations.</summary>
    public abstract void MultiplyFloat(in MatrixCall call, float* x, int xStride, int firstBlock, int endBlock, byte* scratch);

    /// <summary>Row <paramref name="row"/> as f32 (an embedding's look-up, <see cref="Weight.DequantizeRow"/>).</summary>
    public abstract void Dequantize(byte* weight, int rows, int columns, int row, float* values, TiledView? tiled = null);
}

/// <summary>What a multiplication needs beside its activations.</summary>
/// <param name="Weight">Address of the resident form.</param>
/// <param name="Y">Address of the f32 result of the first token.</param>
/// <param name="Tiled">Tiled family only: the weight's view.</param>
internal readonly record struct MatrixCall(KernelSet Kernels, nint Weight, int Rows, int Columns, int Tokens, nint Y, int YStride, bool Accumulate, TiledView? Tiled = null);
