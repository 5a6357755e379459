using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>f32 buffers by size, kept from use to use: mapping fresh pages costs more than computing on them. Not thread-safe.</summary>
internal sealed class BufferPool : IDisposable
{
    private readonly Dictionary<long, Stack<NativeBuffer>> _free = [];

    /// <summary>A buffer of at least <paramref name="floats"/> floats with any content.</summary>
    public NativeBuffer Rent(long floats) => _free.TryGetValue(floats * sizeof(float), out var stack) && stack.TryPop(out var buffer) ? buffer : new(floats * sizeof(float));

    public void Return(NativeBuffer buffer)
    {
        if (!_free.TryGetValue(buffer.Bytes, out var stack))
        {
            _free.Add(buffer.Bytes, stack = new());
        }

        stack.Push(buffer);
    }

    public void Dispose()
    {
        foreach (var buffer in _free.Values.SelectMany(s => s))
        {
            buffer.Dispose();
        }

        _free.Clear();
    }
}
