using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>An element type of the plain family.</summary>
internal unsafe interface IPlainElements
{
    static abstract PlainType Type { get; }

    static abstract int Bytes { get; }

    /// <summary>16 consecutive elements as floats, exactly.</summary>
    static abstract L Load<L>(byte* source)
        where L : struct, ILanes<L>;

    static abstract float One(byte* source);
}

internal readonly unsafe struct F32Elements : IPlainElements
{
    public static PlainType Type => PlainType.F32;

    public static int Bytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Load<L>(byte* source)
        where L : struct, ILanes<L> => L.Load((float*)source);

    public static float One(byte* source) => Unsafe.ReadUnaligned<float>(source);
}

internal readonly unsafe struct F16Elements : IPlainElements
{
    public static PlainType Type => PlainType.F16;

    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Load<L>(byte* source)
        where L : struct, ILanes<L> => L.LoadF16((ushort*)source);

    public static float One(byte* source) => (float)Unsafe.ReadUnaligned<Half>(source);
}

internal readonly unsafe struct BF16Elements : IPlainElements
{
    public static PlainType Type => PlainType.BF16;

    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Load<L>(byte* source)
        where L : struct, ILanes<L> => L.LoadBF16((ushort*)source);

    public static float One(byte* source) => BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(source) << 16);
}
