using System.Runtime.CompilerServices;

namespace ModelPack.Kernels;

/// <summary>SwiGLU (Shazeer 2020): y = silu(gate) · up, silu(g) = g / (1 + e^−g).</summary>
internal static unsafe class SwiGluKernel
{
    public static void Run<L>(float* gate, float* up, float* y, int width)
        where L : struct, ILanes<L>
    {
        int tail = width % Lanes.Count, whole = width - tail;
        for (var i = 0; i < whole; i += Lanes.Count)
        {
            L.Store(One(L.Load(gate + i), L.Load(up + i)), y + i);
        }

        if (tail != 0)
        {
            Lanes.StorePartial(One(Lanes.LoadPartial<L>(gate + whole, tail), Lanes.LoadPartial<L>(up + whole, tail)), y + whole, tail);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L One<L>(L gate, L up)
        where L : struct, ILanes<L>
    {
        var one = L.Broadcast(1f);
        var denominator = L.Add(one, Lanes.Exp(L.Subtract(L.Broadcast(0f), gate)));
        return L.Multiply(L.Divide(gate, denominator), up);
    }
}
