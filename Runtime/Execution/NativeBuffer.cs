using System.Runtime.InteropServices;
using ModelPack.Platform;

namespace ModelPack.Execution;

/// <summary>A block of native memory, 64-byte aligned (large ones in huge pages where the system has them), freed with its owner.</summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    public NativeBuffer(long bytes, bool clear = false)
        : base(0, ownsHandle: true)
    {
        Bytes = bytes;
        var p = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), (nuint)PageAdvice.AlignmentFor(bytes));
        PageAdvice.PreferHugePages((byte*)p, bytes);
        if (clear)
        {
            NativeMemory.Clear(p, (nuint)bytes);
        }

        SetHandle((nint)p);
        if (bytes > 0)
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
        if (Bytes > 0)
        {
            GC.RemoveMemoryPressure(Bytes);
        }

        return true;
    }
}
