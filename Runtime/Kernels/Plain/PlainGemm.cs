using System.Runtime.CompilerServices;

namespace ModelPack.Kernels;

/// <summary>
/// Y = W·X for weights stored as rows of floats, f32 activations: for each (row, token) 16 lanes accumulate fma over the columns j ≡ lane (mod 16)
/// in order, missing columns counting as zeros, then the lanes are added by the fixed tree. Two rows × two tokens at a time, which changes no bit.
/// </summary>
internal static unsafe class PlainGemm
{
    public static void Run<L, E>(byte* weight, int columns, int firstRow, int endRow, float* x, int xStride, int tokens, float* y, int yStride, bool accumulate)
        where L : struct, ILanes<L>
        where E : struct, IPlainElements
    {
        var rowBytes = (long)columns * E.Bytes;
        var tail = columns % Lanes.Count;
        var whole = columns - tail;
        for (var row = firstRow; row < endRow; row += 2)
        {
            var two = row + 1 < endRow;
            var w0 = weight + (row * rowBytes);
            var w1 = two ? w0 + rowBytes : w0;
            for (var t = 0; t < tokens; t += 2)
            {
                var x0 = x + ((nint)t * xStride);
                var x1 = t + 1 < tokens ? x0 + xStride : x0;
                Tile<L, E>(w0, w1, x0, x1, whole, tail, out var s00, out var s01, out var s10, out var s11);
                var at = y + ((nint)t * yStride) + row;
                Put(at, s00, accumulate);
                if (two)
                {
                    Put(at + 1, s10, accumulate);
                }

                if (t + 1 < tokens)
                {
                    Put(at + yStride, s01, accumulate);
                    if (two)
                    {
                        Put(at + yStride + 1, s11, accumulate);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* at, float value, bool accumulate) => *at = accumulate ? *at + value : value;

    private static void Tile<L, E>(byte* w0, byte* w1, float* x0, float* x1, int whole, int tail, out float s00, out float s01, out float s10, out float s11)
        where L : struct, ILanes<L>
        where E : struct, IPlainElements
    {
        L a00 = L.Broadcast(0f), a01 = a00, a10 = a00, a11 = a00;
        for (var j = 0; j < whole; j += Lanes.Count)
        {
            L v0 = L.Load(x0 + j), v1 = L.Load(x1 + j);
            L r0 = E.Load<L>(w0 + ((long)j * E.Bytes)), r1 = E.Load<L>(w1 + ((long)j * E.Bytes));
            a00 = L.Madd(r0, v0, a00);
            a01 = L.Madd(r0, v1, a01);
            a10 = L.Madd(r1, v0, a10);
            a11 = L.Madd(r1, v1, a11);
        }

        if (tail != 0)
        {
            L v0 = Lanes.LoadPartial<L>(x0 + whole, tail), v1 = Lanes.LoadPartial<L>(x1 + whole, tail);
            L r0 = LoadTail<L, E>(w0 + ((long)whole * E.Bytes), tail), r1 = LoadTail<L, E>(w1 + ((long)whole * E.Bytes), tail);
            a00 = L.Madd(r0, v0, a00);
            a01 = L.Madd(r0, v1, a01);
            a10 = L.Madd(r1, v0, a10);
            a11 = L.Madd(r1, v1, a11);
        }

        s00 = L.Sum(a00);
        s01 = L.Sum(a01);
        s10 = L.Sum(a10);
        s11 = L.Sum(a11);
    }

    private static L LoadTail<L, E>(byte* source, int count)
        where L : struct, ILanes<L>
        where E : struct, IPlainElements
    {
        var buffer = stackalloc float[Lanes.Count];
        for (var i = 0; i < Lanes.Count; i++)
        {
            buffer[i] = i < count ? E.One(source + (i * E.Bytes)) : 0f;
        }

        return L.Load(buffer);
    }
}
