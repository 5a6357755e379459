namespace ModelPack.Kernels;

/// <summary>y += x, and y *= factor.</summary>
internal static unsafe class AddKernel
{
    public static void Run<L>(float* x, float* y, int width)
        where L : struct, ILanes<L>
    {
        int tail = width % Lanes.Count, whole = width - tail;
        for (var i = 0; i < whole; i += Lanes.Count)
        {
            L.Store(L.Add(L.Load(y + i), L.Load(x + i)), y + i);
        }

        for (var i = whole; i < width; i++)
        {
            y[i] += x[i];
        }
    }

    public static void Scale<L>(float* y, float factor, int width)
        where L : struct, ILanes<L>
    {
        int tail = width % Lanes.Count, whole = width - tail;
        var f = L.Broadcast(factor);
        for (var i = 0; i < whole; i += Lanes.Count)
        {
            L.Store(L.Multiply(L.Load(y + i), f), y + i);
        }

        for (var i = whole; i < width; i++)
        {
            y[i] *= factor;
        }
    }
}
