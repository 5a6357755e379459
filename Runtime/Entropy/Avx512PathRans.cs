using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>As <see cref="Avx512Rans"/>, where lanes follow the paths of a trellis: branch bits live in memory, states in registers.</summary>
internal static unsafe class Avx512PathRans
{
    /// <inheritdoc cref="ScalarRans.Run"/>
    public static void Run(RansState* state, nint* tables, int stride, byte* output, int blocks)
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
                var e0 = Look(x0, (uint*)tables[4 * step], state->Branch1);
                var e1 = Look(x1, (uint*)tables[(4 * step) + 1], state->Branch1 + 16);
                var e2 = Look(x2, (uint*)tables[(4 * step) + 2], state->Branch1 + 32);
                var e3 = Look(x3, (uint*)tables[(4 * step) + 3], state->Branch1 + 48);
                x0 = Avx512Rans.Advance(x0, e0);
                x1 = Avx512Rans.Advance(x1, e1);
                x2 = Avx512Rans.Advance(x2, e2);
                x3 = Avx512Rans.Advance(x3, e3);
                q0 = Push(q0, e0, state, 0);
                q1 = Push(q1, e1, state, 16);
                q2 = Push(q2, e2, state, 32);
                q3 = Push(q3, e3, state, 48);
                var n0 = Avx512F.CompareLessThan(x0, Vector512.Create(RansFormat.LowerBound));
                var n1 = Avx512F.CompareLessThan(x1, Vector512.Create(RansFormat.LowerBound));
                var n2 = Avx512F.CompareLessThan(x2, Vector512.Create(RansFormat.LowerBound));
                var n3 = Avx512F.CompareLessThan(x3, Vector512.Create(RansFormat.LowerBound));
                x0 = Avx512Rans.Refill(x0, n0, words);
                words += Avx512Rans.Count(n0);
                x1 = Avx512Rans.Refill(x1, n1, words);
                words += Avx512Rans.Count(n1);
                x2 = Avx512Rans.Refill(x2, n2, words);
                words += Avx512Rans.Count(n2);
                x3 = Avx512Rans.Refill(x3, n3, words);
                words += Avx512Rans.Count(n3);
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
    private static Vector512<uint> Look(Vector512<uint> x, uint* table, uint* branch)
    {
        var bucket = Avx512F.Or(
            Avx512F.And(Avx512F.ShiftRightLogical(x, Vector128.CreateScalar(table[RansTable.BucketShift])), Vector512.Create(table[RansTable.BucketMask])),
            Avx512F.And(Avx512F.ShiftRightLogical(Avx512F.LoadVector512(branch), RansTable.SymbolShift - 5), Vector512.Create(table[RansTable.HalfMask])));
        return Avx512Rans.Look64(Avx512F.And(x, Vector512.Create((uint)RansFormat.Scale - 1)), bucket, table);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Push(Vector512<uint> quad, Vector512<uint> entry, RansState* state, int lane)
    {
        var two = Avx512F.LoadVector512(state->Branch2 + lane);
        var branch = Avx512F.Xor(
            Avx512F.And(entry, Vector512.Create(1u << RansTable.SymbolShift)),
            Avx512F.Xor(two, Avx512F.LoadVector512(state->Branch3 + lane)));
        Avx512F.Store(state->Branch3 + lane, state->EightStates ? two : default);
        Avx512F.Store(state->Branch2 + lane, Avx512F.LoadVector512(state->Branch1 + lane));
        Avx512F.Store(state->Branch1 + lane, branch);
        return Avx512F.Or(Avx512Rans.Push(quad, entry), Avx512F.ShiftLeftLogical(branch, 31 - RansTable.SymbolShift));
    }
}
