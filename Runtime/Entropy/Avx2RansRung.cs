using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>Eight registers of 8 states, two at a time; tables of 16 are pairs of registers, words are dealt out by vpermd.</summary>
internal unsafe struct Avx2RansRung : IRansRung
{
    public static ushort* Decode(uint** tables, uint* states, ushort* words, int steps, byte* symbols)
    {
        fixed (byte* deal = WordDeal.Eight)
        {
            for (var step = 0; step < steps; step++)
            {
                var table = tables[step];
                // Lane 16·v + i gives byte v of dword i: the low halves of the four vectors make dwords 0 … 7, the high ones 8 … 15.
                Vector256<uint> low = default, high = default;
                for (var v = 0; v < 4; v++)
                {
                    var x0 = Avx.LoadVector256(states + (16 * v));
                    var x1 = Avx.LoadVector256(states + (16 * v) + 8);
                    var e0 = Advance(ref x0, table);
                    var e1 = Advance(ref x1, table);
                    words = Refill(ref x0, words, deal);
                    words = Refill(ref x1, words, deal);
                    Avx.Store(states + (16 * v), x0);
                    Avx.Store(states + (16 * v) + 8, x1);
                    // The symbol from bits 13 … 16 to the top byte; older ones move down.
                    low = Avx2.Or(Avx2.ShiftRightLogical(low, 8), Top(e0));
                    high = Avx2.Or(Avx2.ShiftRightLogical(high, 8), Top(e1));
                }

                Avx.Store((uint*)symbols, low);
                Avx.Store((uint*)symbols + 8, high);
                symbols += RansStream.Lanes;
            }
        }

        return words;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Top(Vector256<uint> entry) => Avx2.And(Avx2.ShiftLeftLogical(entry, 11), Vector256.Create(0xF000000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Advance(ref Vector256<uint> x, uint* table)
    {
        var bucket = Avx2.ShiftRightLogical(x, RansTable.BucketBits);
        // Bit 3 of the bucket as a sign: which of two registers of 8.
        var upper = Avx2.ShiftLeftLogical(bucket, 28).AsSingle();
        var low = Avx2.And(x, Vector256.Create((uint)RansTable.BucketSlots - 1));
        var isOther = Avx2.CompareGreaterThan(Pick(table, bucket, upper).AsInt32(), low.AsInt32());
        var entry = Avx2.BlendVariable(Pick(table + 32, bucket, upper), Pick(table + 16, bucket, upper), isOther.AsUInt32());
        x = Avx2.Add(
            Avx2.MultiplyLow(Avx2.And(entry, Vector256.Create(0x1FFFu)).AsInt32(), Avx2.ShiftRightLogical(x, RansTable.ProbabilityBits).AsInt32()).AsUInt32(),
            Avx2.Subtract(Avx2.Add(low, Avx2.ShiftRightLogical(entry, 17)), Vector256.Create((uint)RansTable.BucketSlots)));
        return entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Pick(uint* table, Vector256<uint> index, Vector256<float> upper) => Avx.BlendVariable(
        Avx2.PermuteVar8x32(Avx.LoadVector256(table), index).AsSingle(),
        Avx2.PermuteVar8x32(Avx.LoadVector256(table + 8), index).AsSingle(),
        upper).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort* Refill(ref Vector256<uint> x, ushort* words, byte* deal)
    {
        var needs = Avx2.CompareEqual(Avx2.ShiftRightLogical(x, 16), Vector256<uint>.Zero);
        var mask = (uint)Avx.MoveMask(needs.AsSingle());
        var next = Avx2.PermuteVar8x32(Avx2.ConvertToVector256Int32(Sse2.LoadVector128(words)), Avx2.ConvertToVector256Int32(deal + (8 * mask)));
        x = Avx2.BlendVariable(x, Avx2.Or(Avx2.ShiftLeftLogical(x, 16), next.AsUInt32()), needs);
        return words + BitOperations.PopCount(mask);
    }
}
