using System.Runtime.CompilerServices;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Quantize;

/// <summary>One column of a trellis in 16 lanes (2 rows of 8 states, 4 rows of 4): both branches of every state, then the better of the two that lead into each.</summary>
internal static unsafe class TrellisRounding<L, X>
    where L : struct, ILanes<L>
    where X : struct, ISurvivorLanes<L>
{
    /// <returns>Bit l: the second predecessor survived.</returns>
    public static uint Decide(float* target, float* error, float* metric, float* rowWeight, short* code, float* origin, float* last, ColumnStep* step)
    {
        L m0, m1, n0, n1;
        {
            L limit = L.Broadcast(RoundingPlan.LargestCode), minus = L.Broadcast(-RoundingPlan.LargestCode);
            var inside = L.Max(L.Min(L.Load(target), limit), minus);
            var weight = L.Multiply(L.Load(rowWeight), L.Broadcast(step->Weight));
            m0 = L.Add(L.Load(metric), Branch(inside, L.Load(step->Constants + LaneConstants.Subset0), weight, step, out n0));
            m1 = L.Add(L.Load(metric), Branch(inside, L.Load(step->Constants + LaneConstants.Subset1), weight, step, out n1));
        }

        // Into an even state leads branch 0 of two states, into an odd one branch 1.
        L odd = L.Load(step->Constants + LaneConstants.OddTarget), half = L.Broadcast(0.5f);
        L p0 = L.Load(step->Constants + LaneConstants.Predecessor0), p1 = L.Load(step->Constants + LaneConstants.Predecessor1);
        var first = L.SelectLess(odd, half, X.Permute(m0, p0), X.Permute(m1, p0));
        var second = L.SelectLess(odd, half, X.Permute(m0, p1), X.Permute(m1, p1));
        var from = L.SelectLess(second, first, p1, p0);
        L.Store(L.SelectLess(second, first, second, first), metric);
        L.Store(from, last);
        L.Store(X.Permute(L.Load(origin), from), origin);
        var n = L.SelectLess(odd, half, X.Permute(n0, from), X.Permute(n1, from));
        X.StoreShort(n, code);
        L.Store(L.Multiply(L.Subtract(n, X.Permute(L.Load(target), from)), L.Broadcast(step->InverseDiagonal)), error);
        return X.LessMask(second, first);
    }

    /// <summary>The cheaper of the subset's nearest code and its next toward zero, and where a tile's range is left, of its last code within.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Branch(L z, L subset, L weight, ColumnStep* step, out L code)
    {
        L four = L.Broadcast(4), zero = L.Broadcast(0);
        var n = L.Madd(L.Round(L.Multiply(L.Subtract(z, subset), L.Broadcast(0.25f))), four, subset);
        var next = L.Subtract(n, L.SelectLess(zero, n, four, L.SelectLess(n, zero, L.Broadcast(-4), zero)));
        L cost = Cost(z, n, weight, step), nextCost = Cost(z, next, weight, step);
        if ((X.LessMask(n, L.Broadcast(step->Low)) | X.LessMask(L.Broadcast(step->High), n)) != 0)
        {
            return Escape(z, subset, weight, step, n, next, cost, nextCost, out code);
        }

        code = L.SelectLess(nextCost, cost, next, n);
        return L.SelectLess(nextCost, cost, nextCost, cost);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static L Escape(L z, L subset, L weight, ColumnStep* step, L n, L next, L cost, L nextCost, out L code)
    {
        L low = L.Broadcast(step->Low), high = L.Broadcast(step->High), escape = L.Broadcast(step->EscapeBits);
        // The range is whole fours: −4 a … 4 b − 1.
        var held = L.Max(L.Min(n, L.Add(L.Subtract(high, L.Broadcast(3)), subset)), L.Add(low, subset));
        var heldCost = Cost(z, held, weight, step);
        cost = EscapeCost(cost, n, low, high, escape);
        nextCost = EscapeCost(nextCost, next, low, high, escape);
        n = L.SelectLess(heldCost, cost, held, n);
        cost = L.SelectLess(heldCost, cost, heldCost, cost);
        code = L.SelectLess(nextCost, cost, next, n);
        return L.SelectLess(nextCost, cost, nextCost, cost);
    }

    private static L EscapeCost(L cost, L n, L low, L high, L escape) => L.SelectLess(n, low, L.Add(cost, escape), L.SelectLess(high, n, L.Add(cost, escape), cost));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Cost(L z, L n, L weight, ColumnStep* step)
    {
        var d = L.Subtract(z, n);
        var index = L.Madd(n, L.Broadcast(0.5f), L.Load(step->Constants + LaneConstants.IndexOffset));
        index = L.Max(L.Min(index, L.Load(step->Constants + LaneConstants.IndexHigh)), L.Load(step->Constants + LaneConstants.IndexLow));
        return L.Madd(L.Multiply(d, d), weight, X.Gather(step->Table, index));
    }
}
