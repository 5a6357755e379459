using System.Runtime.CompilerServices;
using ModelPack.Execution;

namespace ModelPack.Kernels;

/// <summary>
/// Causal attention of one query over blocks of 64 positions. Each block gives a maximum m, a sum l = Σ e^(s − m) and a vector o = Σ e^(s − m) v;
/// blocks are then combined in order. That is one expression whichever thread computes which block, and however a prompt was split.
/// </summary>
/// <remarks>Scores: s = scale · Σ_d fma(k_d, q_d) in order of d. Sums over positions in order, too.</remarks>
internal static unsafe class AttentionKernel
{
    private const int Block = KvCache.BlockPositions;

    /// <summary>One block.</summary>
    /// <param name="q">[keyLength].</param>
    /// <param name="keys">[4][keyLength][16].</param>
    /// <param name="values">[64][valueStride].</param>
    /// <param name="first">First position of the block that the query sees.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="result">[2 + valueStride]: m, l, o.</param>
    public static void BlockPartial<L>(float* q, float scale, float* keys, float* values, int keyLength, int valueStride, int first, int end, float* result)
        where L : struct, ILanes<L>
    {
        var p = stackalloc float[Block];
        Scores<L>(q, scale, keys, keyLength, p);
        for (var i = 0; i < first; i++)
        {
            p[i] = float.NegativeInfinity;
        }

        for (var i = end; i < Block; i++)
        {
            p[i] = float.NegativeInfinity;
        }

        L s0 = L.Load(p), s1 = L.Load(p + 16), s2 = L.Load(p + 32), s3 = L.Load(p + 48);
        var m = L.MaxOf(L.Max(L.Max(s0, s1), L.Max(s2, s3)));
        var max = L.Broadcast(m);
        s0 = Lanes.Exp(L.Subtract(s0, max));
        s1 = Lanes.Exp(L.Subtract(s1, max));
        s2 = Lanes.Exp(L.Subtract(s2, max));
        s3 = Lanes.Exp(L.Subtract(s3, max));
        L.Store(s0, p);
        L.Store(s1, p + 16);
        L.Store(s2, p + 32);
        L.Store(s3, p + 48);
        result[0] = m;
        result[1] = L.Sum(L.Add(L.Add(s0, s1), L.Add(s2, s3)));
        WeightedSum<L>(p, values, valueStride, first, end, result + 2);
    }

    private static void Scores<L>(float* q, float scale, float* keys, int keyLength, float* scores)
        where L : struct, ILanes<L>
    {
        L a0 = L.Broadcast(0f), a1 = a0, a2 = a0, a3 = a0;
        var stride = 16 * keyLength;
        for (var d = 0; d < keyLength; d++)
        {
            var v = L.Broadcast(q[d]);
            var k = keys + (16 * d);
            a0 = L.Madd(L.Load(k), v, a0);
            a1 = L.Madd(L.Load(k + stride), v, a1);
            a2 = L.Madd(L.Load(k + (2 * stride)), v, a2);
            a3 = L.Madd(L.Load(k + (3 * stride)), v, a3);
        }

        var factor = L.Broadcast(scale);
        L.Store(L.Multiply(a0, factor), scores);
        L.Store(L.Multiply(a1, factor), scores + 16);
        L.Store(L.Multiply(a2, factor), scores + 32);
        L.Store(L.Multiply(a3, factor), scores + 48);
    }

    private static void WeightedSum<L>(float* p, float* values, int valueStride, int first, int end, float* o)
        where L : struct, ILanes<L>
    {
        var d = 0;
        for (; d + 64 <= valueStride; d += 64)
        {
            L a0 = L.Broadcast(0f), a1 = a0, a2 = a0, a3 = a0;
            for (var i = first; i < end; i++)
            {
                var weight = L.Broadcast(p[i]);
                var v = values + ((nint)i * valueStride) + d;
                a0 = L.Madd(L.Load(v), weight, a0);
                a1 = L.Madd(L.Load(v + 16), weight, a1);
                a2 = L.Madd(L.Load(v + 32), weight, a2);
                a3 = L.Madd(L.Load(v + 48), weight, a3);
            }

            L.Store(a0, o + d);
            L.Store(a1, o + d + 16);
            L.Store(a2, o + d + 32);
            L.Store(a3, o + d + 48);
        }

        for (; d < valueStride; d += 16)
        {
            var a = L.Broadcast(0f);
            for (var i = first; i < end; i++)
            {
                a = L.Madd(L.Load(values + ((nint)i * valueStride) + d), L.Broadcast(p[i]), a);
            }

            L.Store(a, o + d);
        }
    }

    /// <summary>Folds the next block's partial result into the running one, both [2 + valueStride].</summary>
    public static void Combine<L>(float* running, float* next, int valueStride)
        where L : struct, ILanes<L>
    {
        var m = Math.Max(running[0], next[0]);
        var alpha = Lanes.Exp(L.Broadcast(running[0] - m));
        var beta = Lanes.Exp(L.Broadcast(next[0] - m));
        running[0] = m;
        var l = L.Madd(L.Broadcast(running[1]), alpha, L.Multiply(L.Broadcast(next[1]), beta));
        running[1] = First(l);
        for (var d = 2; d < valueStride + 2; d += Lanes.Count)
        {
            L.Store(L.Madd(L.Load(running + d), alpha, L.Multiply(L.Load(next + d), beta)), running + d);
        }
    }

    /// <summary>y = o / l.</summary>
    public static void Finish<L>(float* running, int valueLength, float* y)
        where L : struct, ILanes<L>
    {
        var l = L.Broadcast(running[1]);
        var d = 0;
        for (; d + Lanes.Count <= valueLength; d += Lanes.Count)
        {
            L.Store(L.Divide(L.Load(running + 2 + d), l), y + d);
        }

        if (d < valueLength)
        {
            Lanes.StorePartial(L.Divide(L.Load(running + 2 + d), l), y + d, valueLength - d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float First<L>(L value)
        where L : struct, ILanes<L>
    {
        var buffer = stackalloc float[Lanes.Count];
        L.Store(value, buffer);
        return buffer[0];
    }
}
