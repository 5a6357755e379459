using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Profiles;

/// <summary>A weight in native memory, as an application that decodes its pack has it.</summary>
internal sealed unsafe class ResidentWeight : IDisposable
{
    private readonly NativeBuffer _memory;
    private readonly bool _isOwner;

    /// <param name="weight">What it is.</param>
    /// <param name="bytes">About so large.</param>
    /// <param name="columns">Length of a row.</param>
    /// <param name="parts">Its rows divide into so many parts of whole pieces.</param>
    /// <param name="memory">Where to put it, with <see cref="Room"/>; null: memory of its own.</param>
    public ResidentWeight(SyntheticWeight weight, long bytes, int columns, int parts, NativeBuffer? memory = null)
    {
        Kernel = weight.Kernel;
        Columns = columns;
        var unit = weight.PieceRows * parts;
        var unitBytes = weight.Bytes(2 * unit, columns) - weight.Bytes(unit, columns);
        Rows = checked((int)(unit * Math.Max(1, bytes / unitBytes)));
        Bytes = weight.Bytes(Rows, columns);
        _isOwner = memory is null;
        _memory = memory ?? new NativeBuffer(Bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Bytes, _memory.Bytes);
        weight.Fill(_memory.Pointer, Rows, columns);
        Tiled = Kernel.Open(weight.Name, _memory.Pointer, Bytes, Rows, columns);
    }

    /// <summary>Bytes that hold any weight of about <paramref name="bytes"/>.</summary>
    public static long Room(long bytes) => bytes + (bytes / 8) + (64 << 20);

    public MatrixKernel Kernel { get; }

    public int Rows { get; }

    public int Columns { get; }

    public long Bytes { get; }

    public nint Address => (nint)_memory.Pointer;

    public TiledView? Tiled { get; }

    public void Dispose()
    {
        if (_isOwner)
        {
            _memory.Dispose();
        }
    }
}
