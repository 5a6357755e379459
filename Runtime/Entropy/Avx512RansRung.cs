using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>Four registers of 16 states; dividers in one register, entries in two, words dealt out by vpexpandd.</summary>
internal unsafe struct Avx512RansRung : IRansRung
{
    public static ushort* Decode(uint** tables, uint* states, ushort* words, int steps, byte* symbols)
    {
        Vector512<uint> x0 = Avx512F.LoadVector512(states), x1 = Avx512F.LoadVector512(states + 16), x2 = Avx512F.LoadVector512(states + 32), x3 = Avx512F.LoadVector512(states + 48);
        for (var step = 0; step < steps; step++)
        {
            var dividers = Avx512F.LoadVector512(tables[step]);
            var own = Avx512F.LoadVector512(tables[step] + 16);
            var other = Avx512F.LoadVector512(tables[step] + 32);
            var e0 = Advance(ref x0, dividers, own, other);
            var e1 = Advance(ref x1, dividers, own, other);
            var e2 = Advance(ref x2, dividers, own, other);
            var e3 = Advance(ref x3, dividers, own, other);
            words = Refill(ref x0, words);
            words = Refill(ref x1, words);
            words = Refill(ref x2, words);
            words = Refill(ref x3, words);
            // Symbols are bits 13 … 16 of the entries; each vector gives one byte of every dword.
            var nibble = Vector512.Create(15u);
            var quad = Avx512F.Or(
                Avx512F.Or(Avx512F.And(Avx512F.ShiftRightLogical(e0, 13), nibble), Avx512F.And(Avx512F.ShiftRightLogical(e1, 5), Vector512.Create(0xF00u))),
                Avx512F.Or(Avx512F.And(Avx512F.ShiftLeftLogical(e2, 3), Vector512.Create(0xF0000u)), Avx512F.And(Avx512F.ShiftLeftLogical(e3, 11), Vector512.Create(0xF000000u))));
            Avx512F.Store((uint*)symbols, quad);
            symbols += RansStream.Lanes;
        }

        Avx512F.Store(states, x0);
        Avx512F.Store(states + 16, x1);
        Avx512F.Store(states + 32, x2);
        Avx512F.Store(states + 48, x3);
        return words;
    }

    /// <summary>Every lane's entry, and the state before words are taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Advance(ref Vector512<uint> x, Vector512<uint> dividers, Vector512<uint> own, Vector512<uint> other)
    {
        // vpermd looks at the low 4 bits of an index alone, vpermi2d at the low 5.
        var bucket = Avx512F.ShiftRightLogical(x, RansTable.BucketBits);
        var low = Avx512F.And(x, Vector512.Create((uint)RansTable.BucketSlots - 1));
        var isOther = Avx512F.CompareGreaterThanOrEqual(low, Avx512F.PermuteVar16x32(dividers, bucket));
        var entry = Avx512F.BlendVariable(Avx512F.PermuteVar16x32(own, bucket), Avx512F.PermuteVar16x32(other, bucket), isOther);
        x = Avx512F.Add(
            Avx512F.MultiplyLow(Avx512F.And(entry, Vector512.Create(0x1FFFu)).AsInt32(), Avx512F.ShiftRightLogical(x, RansTable.ProbabilityBits).AsInt32()).AsUInt32(),
            Avx512F.Subtract(Avx512F.Add(low, Avx512F.ShiftRightLogical(entry, 17)), Vector512.Create((uint)RansTable.BucketSlots)));
        return entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort* Refill(ref Vector512<uint> x, ushort* words)
    {
        var needs = Avx512F.CompareLessThan(x, Vector512.Create(RansStream.Low));
        var next = Avx512F.ConvertToVector512UInt32(Avx.LoadVector256(words));
        x = Avx512F.BlendVariable(x, Avx512F.Or(Avx512F.ShiftLeftLogical(x, 16), Avx512F.Expand(next, needs, next)), needs);
        return words + BitOperations.PopCount(needs.ExtractMostSignificantBits());
    }
}
