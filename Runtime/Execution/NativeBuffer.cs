using System.Runtime.InteropServices;
using ModelPack.Platform;

namespace ModelPack.Execution;

/// <summary>A block of native memory, 64-byte aligned (large ones in huge pages where the system has them), freed with its owner.</summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    private readonly bool _pressure;

    /// <param name="bytes">0 or more.</param>
    /// <param name="clear">Whether the bytes must be zero.</param>
    /// <param name="pressure">Whether the garbage collector is told. 100 MB at once make it collect at once, which a program's start has no time for.</param>
    public NativeBuffer(long bytes, bool clear = false, bool pressure = true)
        : base(0, ownsHandle: true)
    {
        Bytes = bytes;
        _pressure = pressure && bytes > 0;
        var (allocated, alignment) = PageAdvice.Allocation(Math.Max(bytes, 64));
        var p = NativeMemory.AlignedAlloc((nuint)allocated, (nuint)alignment);
        PageAdvice.PreferHugePages((byte*)p, allocated);
        if (clear)
        {
            NativeMemory.Clear(p, (nuint)bytes);
        }

        SetHandle((nint)p);
        if (_pressure)
        {
            GC.AddMemoryPressure(bytes);
        }
    }

    public long Bytes { get; }

    public byte* Pointer => (byte*)handle;

    public float* Floats => (float*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        if (_pressure)
        {
            GC.RemoveMemoryPressure(Bytes);
        }

        return true;
    }
}
