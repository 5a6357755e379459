using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>Blocks with AVX2: eight vectors of 8 states, tables looked up by permutations of 8 and blends, words handed out by a table of shuffles.</summary>
internal static unsafe class Avx2Rans
{
    /// <summary>For each set of lanes that need a word: the bytes that spread the next words over 8 lanes of 16 bits.</summary>
    internal static readonly byte[] SpreadTable = Spread(8);

    /// <inheritdoc cref="ScalarRans.Run"/>
    public static void Run<A>(RansState* state, nint* tables, int stride, byte* output, int blocks)
        where A : struct, IAlphabet
    {
        fixed (byte* spread = SpreadTable)
        {
            for (; blocks > 0; blocks--)
            {
                for (var at = 0; at < RansFormat.BlockSymbols; at += 32)
                {
                    Avx.Store(output + at, Vector256<byte>.Zero);
                }

                for (var step = 0; step < RansFormat.Steps; step++)
                {
                    state->Words = Step<A>(state, tables + (4 * step), output, spread);
                }

                output += RansFormat.BlockSymbols;
                tables += stride;
            }
        }
    }

    private static ushort* Step<A>(RansState* state, nint* tables, byte* output, byte* spread)
        where A : struct, IAlphabet
    {
        var words = state->Words;
        for (var v = 0; v < 8; v += 2)
        {
            var table = (uint*)tables[v >> 1];
            var x0 = Avx.LoadVector256(state->X + (8 * v));
            var x1 = Avx.LoadVector256(state->X + (8 * v) + 8);
            var e0 = Look<A>(x0, table, Branch<A>(state, 8 * v));
            var e1 = Look<A>(x1, table, Branch<A>(state, (8 * v) + 8));
            x0 = Advance(x0, e0);
            x1 = Advance(x1, e1);
            var to = (uint*)(output + (32 * v));
            Avx.Store(to, Push<A>(Avx.LoadVector256(to), e0, state, 8 * v));
            Avx.Store(to + 8, Push<A>(Avx.LoadVector256(to + 8), e1, state, (8 * v) + 8));
            var n0 = Avx2.CompareEqual(Avx2.ShiftRightLogical(x0, 16), Vector256<uint>.Zero);
            var n1 = Avx2.CompareEqual(Avx2.ShiftRightLogical(x1, 16), Vector256<uint>.Zero);
            var m0 = Avx.MoveMask(n0.AsSingle());
            var m1 = Avx.MoveMask(n1.AsSingle());
            Avx.Store(state->X + (8 * v), Refill(x0, n0, words, spread + (16 * m0)));
            words += BitOperations.PopCount((uint)m0);
            Avx.Store(state->X + (8 * v) + 8, Refill(x1, n1, words, spread + (16 * m1)));
            words += BitOperations.PopCount((uint)m1);
        }

        return words;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Branch<A>(RansState* state, int lane)
        where A : struct, IAlphabet => A.IsPath ? Avx.LoadVector256(state->Branch1 + lane) : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Look<A>(Vector256<uint> x, uint* table, Vector256<uint> branch)
        where A : struct, IAlphabet
    {
        var slot = Avx2.And(x, Vector256.Create((uint)RansFormat.Scale - 1));
        var bucket = Bucket<A>(x, table, branch);
        var entries = A.BucketBits == 4 ? 16 : A.BucketBits == 5 ? 32 : 64;
        // The bucket's upper bits as masks; a permutation looks at the low three alone.
        var bit3 = Avx2.ShiftLeftLogical(bucket, 28).AsSingle();
        var bit4 = Avx2.ShiftLeftLogical(bucket, 27).AsSingle();
        var bit5 = Avx2.ShiftLeftLogical(bucket, 26).AsSingle();
        var divider = Pick<A>(table, bucket, bit3, bit4, bit5);
        var first = Pick<A>(table + entries, bucket, bit3, bit4, bit5);
        var second = Pick<A>(table + (2 * entries), bucket, bit3, bit4, bit5);
        // slot < divider; both are small and positive.
        var isFirst = Avx2.CompareGreaterThan(divider.AsInt32(), slot.AsInt32());
        return Avx.BlendVariable(second, first, isFirst.AsSingle()).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Bucket<A>(Vector256<uint> x, uint* table, Vector256<uint> branch)
        where A : struct, IAlphabet
    {
        if (!A.IsPath)
        {
            return A.BucketBits == 4 ? Avx2.ShiftRightLogical(x, RansFormat.ScaleBits - 4)
                : A.BucketBits == 5 ? Avx2.ShiftRightLogical(x, RansFormat.ScaleBits - 5)
                : Avx2.ShiftRightLogical(x, RansFormat.ScaleBits - 6);
        }

        return Avx2.Or(
            Avx2.And(Avx2.ShiftRightLogical(x, Vector128.CreateScalar(table[RansTable.BucketShift])), Vector256.Create(table[RansTable.BucketMask])),
            Avx2.And(Avx2.ShiftRightLogical(branch, RansTable.SymbolShift - 5), Vector256.Create(table[RansTable.HalfMask])));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pick<A>(uint* section, Vector256<uint> bucket, Vector256<float> bit3, Vector256<float> bit4, Vector256<float> bit5)
        where A : struct, IAlphabet
    {
        var low = Pick16(section, bucket, bit3);
        if (A.BucketBits == 4)
        {
            return low;
        }

        low = Avx.BlendVariable(low, Pick16(section + 16, bucket, bit3), bit4);
        if (A.BucketBits == 5)
        {
            return low;
        }

        var high = Avx.BlendVariable(Pick16(section + 32, bucket, bit3), Pick16(section + 48, bucket, bit3), bit4);
        return Avx.BlendVariable(low, high, bit5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pick16(uint* section, Vector256<uint> bucket, Vector256<float> bit3) => Avx.BlendVariable(
        Avx2.PermuteVar8x32(Avx.LoadVector256(section), bucket).AsSingle(),
        Avx2.PermuteVar8x32(Avx.LoadVector256(section + 8), bucket).AsSingle(),
        bit3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Advance(Vector256<uint> x, Vector256<uint> entry) => Avx2.Add(
        Avx2.MultiplyLow(Avx2.ShiftRightLogical(entry, RansTable.FrequencyShift).AsInt32(), Avx2.ShiftRightLogical(x, RansFormat.ScaleBits).AsInt32()).AsUInt32(),
        Avx2.And(Avx2.Add(x, entry), Vector256.Create((uint)RansFormat.Scale - 1)));

    /// <summary>The symbol becomes the topmost byte; after four steps the first is the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Push<A>(Vector256<uint> quad, Vector256<uint> entry, RansState* state, int lane)
        where A : struct, IAlphabet
    {
        var symbol = Avx2.And(Avx2.ShiftLeftLogical(entry, 24 - RansTable.SymbolShift), Vector256.Create(RansTable.SymbolMask << 24));
        if (A.IsPath)
        {
            var branch = NextBranch(entry, state, lane);
            symbol = Avx2.Or(symbol, Avx2.ShiftLeftLogical(branch, 31 - RansTable.SymbolShift));
        }

        return Avx2.Or(Avx2.ShiftRightLogical(quad, 8), symbol);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> NextBranch(Vector256<uint> entry, RansState* state, int lane)
    {
        var two = Avx.LoadVector256(state->Branch2 + lane);
        var three = Avx.LoadVector256(state->Branch3 + lane);
        var branch = Avx2.Xor(Avx2.And(entry, Vector256.Create(1u << RansTable.SymbolShift)), Avx2.Xor(two, three));
        Avx.Store(state->Branch3 + lane, state->EightStates ? two : default);
        Avx.Store(state->Branch2 + lane, Avx.LoadVector256(state->Branch1 + lane));
        Avx.Store(state->Branch1 + lane, branch);
        return branch;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Refill(Vector256<uint> x, Vector256<uint> need, ushort* words, byte* spread)
    {
        var next = Ssse3.Shuffle(Sse2.LoadVector128((byte*)words), Sse2.LoadVector128(spread)).AsUInt16();
        var shifted = Avx.BlendVariable(x.AsSingle(), Avx2.ShiftLeftLogical(x, 16).AsSingle(), need.AsSingle()).AsUInt32();
        return Avx2.Or(shifted, Avx2.ConvertToVector256Int32(next).AsUInt32());
    }

    /// <summary>2^lanes rows of 2 · lanes bytes: word after word to the lanes whose bit is set, zero (index 0x80) to the others.</summary>
    internal static byte[] Spread(int lanes)
    {
        var table = new byte[2 * lanes << lanes];
        for (var mask = 0; mask < 1 << lanes; mask++)
        {
            var next = 0;
            for (var lane = 0; lane < lanes; lane++)
            {
                var at = (mask * 2 * lanes) + (2 * lane);
                var taken = (mask >> lane & 1) != 0;
                table[at] = taken ? (byte)(2 * next) : (byte)0x80;
                table[at + 1] = taken ? (byte)((2 * next) + 1) : (byte)0x80;
                next += taken ? 1 : 0;
            }
        }

        return table;
    }
}
