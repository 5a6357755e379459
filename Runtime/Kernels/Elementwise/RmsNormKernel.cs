namespace ModelPack.Kernels;

/// <summary>RMSNorm (Zhang and Sennrich 2019): y = x / sqrt(mean(x²) + ε) · gain.</summary>
internal static unsafe class RmsNormKernel
{
    public static void Run<L>(float* x, float* gain, float epsilon, float* y, int width)
        where L : struct, ILanes<L>
    {
        int tail = width % Lanes.Count, whole = width - tail;
        var squares = L.Broadcast(0f);
        for (var i = 0; i < whole; i += Lanes.Count)
        {
            var v = L.Load(x + i);
            squares = L.Madd(v, v, squares);
        }

        if (tail != 0)
        {
            var v = Lanes.LoadPartial<L>(x + whole, tail);
            squares = L.Madd(v, v, squares);
        }

        var r = L.Broadcast(1f / MathF.Sqrt((L.Sum(squares) / width) + epsilon));
        for (var i = 0; i < whole; i += Lanes.Count)
        {
            var v = L.Multiply(L.Load(x + i), r);
            L.Store(gain == null ? v : L.Multiply(v, L.Load(gain + i)), y + i);
        }

        if (tail != 0)
        {
            var v = L.Multiply(Lanes.LoadPartial<L>(x + whole, tail), r);
            Lanes.StorePartial(gain == null ? v : L.Multiply(v, Lanes.LoadPartial<L>(gain + whole, tail)), y + whole, tail);
        }
    }
}
