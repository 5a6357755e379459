using System.Runtime.CompilerServices;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Quantize;

/// <summary>One column of 16 rows without a trellis: the nearest code, or the next toward zero where it is cheaper.</summary>
internal static unsafe class ScalarRounding<L, X>
    where L : struct, ILanes<L>
    where X : struct, ISurvivorLanes<L>
{
    public static void Decide(float* target, float* error, float* metric, float* rowWeight, short* code, ColumnStep* step)
    {
        L limit = L.Broadcast(RoundingPlan.LargestCode), zero = L.Broadcast(0);
        var z = L.Load(target);
        var inside = L.Max(L.Min(z, limit), L.Subtract(zero, limit));
        var weight = L.Multiply(L.Load(rowWeight), L.Broadcast(step->Weight));
        var n = L.Round(inside);
        var next = L.Subtract(n, L.SelectLess(zero, n, L.Broadcast(1), L.SelectLess(n, zero, L.Broadcast(-1), zero)));
        L cost = Cost(inside, n, weight, step), nextCost = Cost(inside, next, weight, step);
        L low = L.Broadcast(step->Low), high = L.Broadcast(step->High);
        if ((X.LessMask(n, low) | X.LessMask(high, n)) != 0)
        {
            L escape = L.Broadcast(step->EscapeBits), held = L.Max(L.Min(n, high), low);
            cost = EscapeCost(cost, n, low, high, escape);
            nextCost = EscapeCost(nextCost, next, low, high, escape);
            var heldCost = Cost(inside, held, weight, step);
            n = L.SelectLess(heldCost, cost, held, n);
            cost = L.SelectLess(heldCost, cost, heldCost, cost);
        }

        n = L.SelectLess(nextCost, cost, next, n);
        L.Store(L.Add(L.Load(metric), L.SelectLess(nextCost, cost, nextCost, cost)), metric);
        L.Store(L.Multiply(L.Subtract(n, z), L.Broadcast(step->InverseDiagonal)), error);
        X.StoreShort(n, code);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L EscapeCost(L cost, L n, L low, L high, L escape) => L.SelectLess(n, low, L.Add(cost, escape), L.SelectLess(high, n, L.Add(cost, escape), cost));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Cost(L z, L n, L weight, ColumnStep* step)
    {
        var d = L.Subtract(z, n);
        var index = L.Max(L.Min(L.Add(n, L.Broadcast(-RateTables.Lowest)), L.Broadcast(RateTables.Codes - 1)), L.Broadcast(0));
        return L.Madd(L.Multiply(d, d), weight, X.Gather(step->Table, index));
    }
}
