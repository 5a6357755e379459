using System.Runtime.InteropServices;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Bench;

/// <summary>A weight in native memory.</summary>
internal sealed unsafe class ResidentWeight : IDisposable
{
    private byte* _data;

    /// <param name="weight">What it is.</param>
    /// <param name="bytes">About so large.</param>
    /// <param name="columns">Length of a row.</param>
    /// <param name="parts">Its rows divide into so many parts of whole pieces.</param>
    public ResidentWeight(BenchWeight weight, long bytes, int columns, int parts)
    {
        Kernel = weight.Kernel;
        Columns = columns;
        var unit = weight.PieceRows * parts;
        var unitBytes = weight.Bytes(2 * unit, columns) - weight.Bytes(unit, columns);
        Rows = checked((int)(unit * Math.Max(1, bytes / unitBytes)));
        Bytes = weight.Bytes(Rows, columns);
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);
        NativeMemory.Clear(_data, (nuint)Math.Min(Bytes, 1 << 24));
        weight.Fill(_data, Rows, columns);
        Tiled = Kernel.Open(weight.Name, _data, Bytes, Rows, columns);
    }

    public MatrixKernel Kernel { get; }

    public int Rows { get; }

    public int Columns { get; }

    public long Bytes { get; }

    public nint Address => (nint)_data;

    public TiledView? Tiled { get; }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
