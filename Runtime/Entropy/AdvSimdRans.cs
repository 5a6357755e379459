using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelPack.Entropy;

/// <summary>Blocks with Advanced SIMD: sixteen vectors of 4 states, tables looked up by tbl (16 words are the 64 bytes it takes), words handed out by a table of shuffles.</summary>
internal static unsafe class AdvSimdRans
{
    /// <summary>For each set of lanes that need a word: the bytes that spread the next words over 4 lanes of 16 bits.</summary>
    private static readonly byte[] s_spread = Avx2Rans.Spread(4);

    /// <inheritdoc cref="ScalarRans.Run"/>
    public static void Run<A>(RansState* state, nint* tables, int stride, byte* output, int blocks)
        where A : struct, IAlphabet
    {
        fixed (byte* spread = s_spread)
        {
            for (; blocks > 0; blocks--)
            {
                new Span<byte>(output, RansFormat.BlockSymbols).Clear();
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
        for (var v = 0; v < 16; v++)
        {
            var lane = 4 * v;
            var x = AdvSimd.LoadVector128(state->X + lane);
            var entry = Look<A>(x, (uint*)tables[v >> 2], A.IsPath ? AdvSimd.LoadVector128(state->Branch1 + lane) : default);
            var to = (uint*)output + lane;
            AdvSimd.Store(to, Push<A>(AdvSimd.LoadVector128(to), entry, state, lane));
            x = AdvSimd.MultiplyAdd(
                AdvSimd.And(AdvSimd.Add(x, entry), Vector128.Create((uint)RansFormat.Scale - 1)),
                AdvSimd.ShiftRightLogical(entry, RansTable.FrequencyShift),
                AdvSimd.ShiftRightLogical(x, RansFormat.ScaleBits));
            var need = AdvSimd.CompareLessThan(x, Vector128.Create(RansFormat.LowerBound));
            var mask = (int)AdvSimd.Arm64.AddAcross(AdvSimd.And(need, Vector128.Create(1u, 2, 4, 8))).ToScalar();
            var next = AdvSimd.VectorTableLookup(AdvSimd.LoadVector64((byte*)words).ToVector128Unsafe(), AdvSimd.LoadVector64(spread + (8 * mask)));
            x = AdvSimd.Or(
                AdvSimd.BitwiseSelect(need, AdvSimd.ShiftLeftLogical(x, 16), x),
                AdvSimd.ZeroExtendWideningLower(next.AsUInt16()));
            AdvSimd.Store(state->X + lane, x);
            words += BitOperations.PopCount((uint)mask);
        }

        return words;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Look<A>(Vector128<uint> x, uint* table, Vector128<uint> branch)
        where A : struct, IAlphabet
    {
        var entries = 1 << A.BucketBits;
        var slot = AdvSimd.And(x, Vector128.Create((uint)RansFormat.Scale - 1));
        var bucket = Bucket<A>(slot, table, branch);

        // Byte indices 4i … 4i + 3 of word i.
        var bytes = AdvSimd.MultiplyAdd(Vector128.Create(0x0302_0100u), bucket, Vector128.Create(0x0404_0404u)).AsByte();
        var second = AdvSimd.CompareGreaterThanOrEqual(slot, Pick(table, bytes, entries));
        return AdvSimd.BitwiseSelect(second, Pick(table + (2 * entries), bytes, entries), Pick(table + entries, bytes, entries));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Bucket<A>(Vector128<uint> slot, uint* table, Vector128<uint> branch)
        where A : struct, IAlphabet
    {
        if (!A.IsPath)
        {
            return A.BucketBits == 4 ? AdvSimd.ShiftRightLogical(slot, RansFormat.ScaleBits - 4)
                : A.BucketBits == 5 ? AdvSimd.ShiftRightLogical(slot, RansFormat.ScaleBits - 5)
                : AdvSimd.ShiftRightLogical(slot, RansFormat.ScaleBits - 6);
        }

        // A shift to the left by a negative count.
        return AdvSimd.Or(
            AdvSimd.ShiftLogical(slot, Vector128.Create(-(int)table[RansTable.BucketShift])),
            AdvSimd.And(AdvSimd.ShiftRightLogical(branch, RansTable.SymbolShift - 5), Vector128.Create(table[RansTable.HalfMask])));
    }

    /// <summary>Words of a section of 16, 32 or 64: an index beyond 63 bytes gives zero, so four look-ups of moved indices are simply combined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Pick(uint* section, Vector128<byte> bytes, int entries)
    {
        var found = Pick16(section, bytes);
        for (var i = 16; i < entries; i += 16)
        {
            bytes = AdvSimd.Subtract(bytes, Vector128.Create((byte)64));
            found = AdvSimd.Or(found, Pick16(section + i, bytes));
        }

        return found;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Pick16(uint* section, Vector128<byte> bytes)
    {
        var p = (byte*)section;
        return AdvSimd.Arm64.VectorTableLookup(
            (AdvSimd.LoadVector128(p), AdvSimd.LoadVector128(p + 16), AdvSimd.LoadVector128(p + 32), AdvSimd.LoadVector128(p + 48)), bytes).AsUInt32();
    }

    /// <summary>The symbol becomes the topmost byte; after four steps the first is the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Push<A>(Vector128<uint> quad, Vector128<uint> entry, RansState* state, int lane)
        where A : struct, IAlphabet
    {
        var symbol = AdvSimd.And(AdvSimd.ShiftLeftLogical(entry, 24 - RansTable.SymbolShift), Vector128.Create(RansTable.SymbolMask << 24));
        if (A.IsPath)
        {
            var two = AdvSimd.LoadVector128(state->Branch2 + lane);
            var three = AdvSimd.LoadVector128(state->Branch3 + lane);
            var branch = AdvSimd.Xor(AdvSimd.And(entry, Vector128.Create(1u << RansTable.SymbolShift)), AdvSimd.Xor(two, three));
            AdvSimd.Store(state->Branch3 + lane, state->EightStates ? two : default);
            AdvSimd.Store(state->Branch2 + lane, AdvSimd.LoadVector128(state->Branch1 + lane));
            AdvSimd.Store(state->Branch1 + lane, branch);
            symbol = AdvSimd.Or(symbol, AdvSimd.ShiftLeftLogical(branch, 31 - RansTable.SymbolShift));
        }

        return AdvSimd.Or(AdvSimd.ShiftRightLogical(quad, 8), symbol);
    }
}
