using System.Runtime.InteropServices;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Reference;

/// <summary>A random tiled weight in native memory, its end exactly where its bytes end, with all that a kernel call needs. Shared with eng/kernel-check.</summary>
internal sealed unsafe class ResidentTiled : IDisposable
{
    private readonly byte* _data;
    private readonly byte* _scratch;

    public ResidentTiled(RandomTiled weight, int states)
    {
        Kernel = KernelTable.Find(WeightFormat.TiledOf(states))!;
        _data = (byte*)NativeMemory.Alloc((nuint)weight.Bytes.Length);
        weight.Bytes.CopyTo(new Span<byte>(_data, weight.Bytes.Length));
        _scratch = (byte*)NativeMemory.Alloc((nuint)Kernel.ScratchBytes(weight.Columns));
        Weight = new("w", Kernel, weight.Rows, weight.Columns, weight.Bytes.Length);
        Weight.Attach(_data);
    }

    public MatrixKernel Kernel { get; }

    public Weight Weight { get; }

    public byte* Scratch => _scratch;

    public MatrixCall Call(KernelSet rung, int tokens, float* y) =>
        new(rung, (nint)_data, Weight.Rows, Weight.Columns, tokens, (nint)y, Weight.Rows, false, Weight.Tiled);

    public void Dispose()
    {
        Weight.Attach(null);
        NativeMemory.Free(_data);
        NativeMemory.Free(_scratch);
    }
}
