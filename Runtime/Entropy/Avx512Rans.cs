using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>Blocks with AVX-512: four vectors of 16 states, tables looked up by permutations, words handed out by vpexpandd.</summary>
/// <remarks>The four vectors are independent but for the place in the words, so they hide each other's latency. Plain intrinsics: the JIT's budget for inlining is small.</remarks>
internal static unsafe class Avx512Rans
{
    /// <inheritdoc cref="ScalarRans.Run"/>
    public static void Run<A>(RansState* state, nint* tables, int stride, byte* output, int blocks)
        where A : struct, IAlphabet
    {
        var x0 = Avx512F.LoadVector512(state->X);
        var x1 = Avx512F.LoadVector512(state->X + 16);
        var x2 = Avx512F.LoadVector512(state->X + 32);
        var x3 = Avx512F.LoadVector512(state->X + 48);
        var words = state->Words;
        for (; blocks > 0; blocks--)
        {
            Vector512<uint> q0 = default, q1 = default, q2 = default, q3 = default;
            for (var step = 0; step < RansFormat.Steps; step++)
            {
                var e0 = Look<A>(x0, (uint*)tables[4 * step]);
                var e1 = Look<A>(x1, (uint*)tables[(4 * step) + 1]);
                var e2 = Look<A>(x2, (uint*)tables[(4 * step) + 2]);
                var e3 = Look<A>(x3, (uint*)tables[(4 * step) + 3]);
                x0 = Advance(x0, e0);
                x1 = Advance(x1, e1);
                x2 = Advance(x2, e2);
                x3 = Advance(x3, e3);
                q0 = Push(q0, e0);
                q1 = Push(q1, e1);
                q2 = Push(q2, e2);
                q3 = Push(q3, e3);
                var n0 = Avx512F.CompareLessThan(x0, Vector512.Create(RansFormat.LowerBound));
                var n1 = Avx512F.CompareLessThan(x1, Vector512.Create(RansFormat.LowerBound));
                var n2 = Avx512F.CompareLessThan(x2, Vector512.Create(RansFormat.LowerBound));
                var n3 = Avx512F.CompareLessThan(x3, Vector512.Create(RansFormat.LowerBound));
                x0 = Refill(x0, n0, words);
                words += Count(n0);
                x1 = Refill(x1, n1, words);
                words += Count(n1);
                x2 = Refill(x2, n2, words);
                words += Count(n2);
                x3 = Refill(x3, n3, words);
                words += Count(n3);
            }

            Avx512F.Store(output, q0.AsByte());
            Avx512F.Store(output + 64, q1.AsByte());
            Avx512F.Store(output + 128, q2.AsByte());
            Avx512F.Store(output + 192, q3.AsByte());
            output += RansFormat.BlockSymbols;
            tables += stride;
        }

        Avx512F.Store(state->X, x0);
        Avx512F.Store(state->X + 16, x1);
        Avx512F.Store(state->X + 32, x2);
        Avx512F.Store(state->X + 48, x3);
        state->Words = words;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Look<A>(Vector512<uint> x, uint* table)
        where A : struct, IAlphabet
    {
        var slot = Avx512F.And(x, Vector512.Create((uint)RansFormat.Scale - 1));
        if (A.BucketBits == 4)
        {
            // A permutation looks at the index's low bits alone.
            var bucket = Avx512F.ShiftRightLogical(x, RansFormat.ScaleBits - 4);
            var second = Avx512F.CompareGreaterThanOrEqual(slot, Avx512F.PermuteVar16x32(Avx512F.LoadVector512(table), bucket));
            return Avx512F.BlendVariable(
                Avx512F.PermuteVar16x32(Avx512F.LoadVector512(table + 16), bucket),
                Avx512F.PermuteVar16x32(Avx512F.LoadVector512(table + 32), bucket),
                second);
        }

        return A.BucketBits == 5
            ? Look32(slot, Avx512F.ShiftRightLogical(x, RansFormat.ScaleBits - 5), table)
            : Look64(slot, Avx512F.ShiftRightLogical(x, RansFormat.ScaleBits - 6), table);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Look32(Vector512<uint> slot, Vector512<uint> bucket, uint* table)
    {
        var second = Avx512F.CompareGreaterThanOrEqual(
            slot, Avx512F.PermuteVar16x32x2(Avx512F.LoadVector512(table), bucket, Avx512F.LoadVector512(table + 16)));
        return Avx512F.BlendVariable(
            Avx512F.PermuteVar16x32x2(Avx512F.LoadVector512(table + 32), bucket, Avx512F.LoadVector512(table + 48)),
            Avx512F.PermuteVar16x32x2(Avx512F.LoadVector512(table + 64), bucket, Avx512F.LoadVector512(table + 80)),
            second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Look64(Vector512<uint> slot, Vector512<uint> bucket, uint* table)
    {
        var upper = Avx512F.CompareNotEqual(Avx512F.And(bucket, Vector512.Create(32u)), Vector512<uint>.Zero);
        var second = Avx512F.CompareGreaterThanOrEqual(slot, Pick64(bucket, upper, table));
        return Avx512F.BlendVariable(Pick64(bucket, upper, table + 64), Pick64(bucket, upper, table + 128), second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Pick64(Vector512<uint> bucket, Vector512<uint> upper, uint* section) => Avx512F.BlendVariable(
        Avx512F.PermuteVar16x32x2(Avx512F.LoadVector512(section), bucket, Avx512F.LoadVector512(section + 16)),
        Avx512F.PermuteVar16x32x2(Avx512F.LoadVector512(section + 32), bucket, Avx512F.LoadVector512(section + 48)),
        upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Advance(Vector512<uint> x, Vector512<uint> entry) => Avx512F.Add(
        Avx512F.MultiplyLow(Avx512F.ShiftRightLogical(entry, RansTable.FrequencyShift), Avx512F.ShiftRightLogical(x, RansFormat.ScaleBits)),
        Avx512F.And(Avx512F.Add(x, entry), Vector512.Create((uint)RansFormat.Scale - 1)));

    /// <summary>The symbol becomes the topmost byte; after four steps the first is the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Push(Vector512<uint> quad, Vector512<uint> entry) => Avx512F.Or(
        Avx512F.ShiftRightLogical(quad, 8),
        Avx512F.And(Avx512F.ShiftLeftLogical(entry, 24 - RansTable.SymbolShift), Vector512.Create(RansTable.SymbolMask << 24)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Refill(Vector512<uint> x, Vector512<uint> need, ushort* words)
    {
        var next = Avx512F.ConvertToVector512UInt32(Avx.LoadVector256(words));
        return Avx512F.Or(
            Avx512F.BlendVariable(x, Avx512F.ShiftLeftLogical(x, 16), need),
            Avx512F.Expand(Vector512<uint>.Zero, need, next));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Count(Vector512<uint> need) => BitOperations.PopCount(need.ExtractMostSignificantBits());
}
