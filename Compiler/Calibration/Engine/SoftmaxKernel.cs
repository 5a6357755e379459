using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>Softmax of one row, and its gradient.</summary>
internal static unsafe class SoftmaxKernel
{
    /// <summary>x becomes e^(scale·x − max) / Σ.</summary>
    public static void Run<L>(float* x, int count, float scale)
        where L : struct, ILanes<L>
    {
        var sum = Exponentials<L>(x, count, scale, out _);
        var inverse = 1f / sum;
        var factor = L.Broadcast(inverse);
        var i = 0;
        for (; i + Lanes.Count <= count; i += Lanes.Count)
        {
            L.Store(L.Multiply(L.Load(x + i), factor), x + i);
        }

        for (; i < count; i++)
        {
            x[i] *= inverse;
        }
    }

    /// <summary>x becomes e^(scale·x − max); returns their sum.</summary>
    public static float Exponentials<L>(float* x, int count, float scale, out float max)
        where L : struct, ILanes<L>
    {
        max = Max<L>(x, count) * scale;
        L factor = L.Broadcast(scale), shift = L.Broadcast(-max), sum = L.Broadcast(0f);
        var i = 0;
        for (; i + Lanes.Count <= count; i += Lanes.Count)
        {
            var e = Lanes.Exp(L.Madd(L.Load(x + i), factor, shift));
            L.Store(e, x + i);
            sum = L.Add(sum, e);
        }

        if (i < count)
        {
            Lanes.StorePartial(Lanes.Exp(L.Madd(Lanes.LoadPartial<L>(x + i, count - i), factor, shift)), x + i, count - i);
            sum = L.Add(sum, Lanes.LoadPartial<L>(x + i, count - i));
        }

        return L.Sum(sum);
    }

    public static float Max<L>(float* x, int count)
        where L : struct, ILanes<L>
    {
        var max = float.NegativeInfinity;
        var i = 0;
        if (count >= Lanes.Count)
        {
            var lanes = L.Load(x);
            for (i = Lanes.Count; i + Lanes.Count <= count; i += Lanes.Count)
            {
                lanes = L.Max(lanes, L.Load(x + i));
            }

            max = L.MaxOf(lanes);
        }

        for (; i < count; i++)
        {
            max = Math.Max(max, x[i]);
        }

        return max;
    }

    /// <summary>From p = softmax(scale·x) and dp the gradient dx = scale · p∘(dp − Σ p∘dp), in the place of dp.</summary>
    public static void Back<L>(float* p, float* dp, int count, float scale)
        where L : struct, ILanes<L>
    {
        var sum = L.Broadcast(0f);
        var i = 0;
        for (; i + Lanes.Count <= count; i += Lanes.Count)
        {
            sum = L.Madd(L.Load(p + i), L.Load(dp + i), sum);
        }

        if (i < count)
        {
            sum = L.Madd(Lanes.LoadPartial<L>(p + i, count - i), Lanes.LoadPartial<L>(dp + i, count - i), sum);
        }

        L mean = L.Broadcast(L.Sum(sum)), factor = L.Broadcast(scale);
        i = 0;
        for (; i + Lanes.Count <= count; i += Lanes.Count)
        {
            L.Store(L.Multiply(L.Multiply(L.Load(p + i), factor), L.Subtract(L.Load(dp + i), mean)), dp + i);
        }

        if (i < count)
        {
            var d = L.Subtract(Lanes.LoadPartial<L>(dp + i, count - i), mean);
            Lanes.StorePartial(L.Multiply(L.Multiply(Lanes.LoadPartial<L>(p + i, count - i), factor), d), dp + i, count - i);
        }
    }
}
