using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>As <see cref="Avx2PlaneRans"/>, with AVX-512 VBMI: a plane of 64 bytes is one permutation for all 64 lanes.</summary>
internal static unsafe class Avx512PlaneRans
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
        Vector512<byte> one = default, two = default, three = default;
        var keepThree = state->EightStates ? Vector512<byte>.AllBitsSet : default;
        if (A.IsPath)
        {
            (one, two, three) = (Load(state->Branch1), Load(state->Branch2), Load(state->Branch3));
        }

        var symbols = stackalloc Vector512<byte>[RansFormat.Steps];
        for (; blocks > 0; blocks--)
        {
            for (var step = 0; step < RansFormat.Steps; step++)
            {
                var table = (uint*)tables[4 * step];
                var planes = (byte*)(table + RansTable.Planes);
                var scale = Vector512.Create((uint)RansFormat.Scale - 1);
                var low = Avx512BW.PackUnsignedSaturate(Avx512F.And(x0, scale).AsInt32(), Avx512F.And(x1, scale).AsInt32());
                var high = Avx512BW.PackUnsignedSaturate(Avx512F.And(x2, scale).AsInt32(), Avx512F.And(x3, scale).AsInt32());
                var index = Index<A>(low, high, table);
                if (A.IsPath)
                {
                    index = Avx512F.Or(index, Avx512F.And(one, Vector512.Create((byte)table[RansTable.HalfMask])));
                }

                var isSecond = Avx512BW.CompareGreaterThanOrEqual(Place<A>(low, high, table), Avx512Vbmi.PermuteVar64x8(Avx512F.LoadVector512(planes), index));
                var b0 = Pick(planes + 64, index, isSecond);
                var b1 = Pick(planes + 128, index, isSecond);
                var b2 = Pick(planes + 192, index, isSecond);
                var b3 = Pick(planes + 256, index, isSecond);
                var symbol = Avx512F.Or(
                    Avx512F.And(Avx512BW.ShiftRightLogical(b1.AsUInt16(), 5).AsByte(), Vector512.Create((byte)7)),
                    Avx512F.And(Avx512BW.ShiftLeftLogical(b2.AsUInt16(), 3).AsByte(), Vector512.Create((byte)0x38)));
                if (A.IsPath)
                {
                    var branch = Avx512F.And(Avx512F.Xor(b1, Avx512F.Xor(two, three)), Vector512.Create((byte)0x20));
                    (three, two, one) = (Avx512F.And(two, keepThree), one, branch);
                    symbol = Avx512F.Or(symbol, Avx512BW.ShiftLeftLogical(branch.AsUInt16(), 2).AsByte());
                }

                symbols[step] = symbol;
                var lowLow = Avx512BW.UnpackLow(b0, b1).AsUInt16();
                var lowHigh = Avx512BW.UnpackLow(b2, b3).AsUInt16();
                var highLow = Avx512BW.UnpackHigh(b0, b1).AsUInt16();
                var highHigh = Avx512BW.UnpackHigh(b2, b3).AsUInt16();
                x0 = Avx512Rans.Advance(x0, Avx512BW.UnpackLow(lowLow, lowHigh).AsUInt32());
                x1 = Avx512Rans.Advance(x1, Avx512BW.UnpackHigh(lowLow, lowHigh).AsUInt32());
                x2 = Avx512Rans.Advance(x2, Avx512BW.UnpackLow(highLow, highHigh).AsUInt32());
                x3 = Avx512Rans.Advance(x3, Avx512BW.UnpackHigh(highLow, highHigh).AsUInt32());
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

            Interleave(symbols, output);
            output += RansFormat.BlockSymbols;
            tables += stride;
        }

        Avx512F.Store(state->X, x0);
        Avx512F.Store(state->X + 16, x1);
        Avx512F.Store(state->X + 32, x2);
        Avx512F.Store(state->X + 48, x3);
        state->Words = words;
        if (A.IsPath)
        {
            Store(one, state->Branch1);
            Store(two, state->Branch2);
            Store(three, state->Branch3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Index<A>(Vector512<ushort> low, Vector512<ushort> high, uint* table)
        where A : struct, IAlphabet
    {
        var shift = Vector128.CreateScalar(A.IsPath ? table[RansTable.BucketShift] : RansFormat.ScaleBits - 6u).AsUInt16();
        return Avx512BW.PackUnsignedSaturate(Avx512BW.ShiftRightLogical(low, shift).AsInt16(), Avx512BW.ShiftRightLogical(high, shift).AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Place<A>(Vector512<ushort> low, Vector512<ushort> high, uint* table)
        where A : struct, IAlphabet
    {
        var inBucket = Vector512.Create((ushort)(A.IsPath ? table[RansTable.PlaceMask] : (RansFormat.Scale / 64) - 1u));
        return Avx512BW.PackUnsignedSaturate(Avx512F.And(low, inBucket).AsInt16(), Avx512F.And(high, inBucket).AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Pick(byte* plane, Vector512<byte> index, Vector512<byte> isSecond) => Avx512BW.BlendVariable(
        Avx512Vbmi.PermuteVar64x8(Avx512F.LoadVector512(plane), index), Avx512Vbmi.PermuteVar64x8(Avx512F.LoadVector512(plane + 256), index), isSecond);

    private static void Interleave(Vector512<byte>* symbols, byte* output)
    {
        var lowLow = Avx512BW.UnpackLow(symbols[0], symbols[1]).AsUInt16();
        var lowHigh = Avx512BW.UnpackLow(symbols[2], symbols[3]).AsUInt16();
        var highLow = Avx512BW.UnpackHigh(symbols[0], symbols[1]).AsUInt16();
        var highHigh = Avx512BW.UnpackHigh(symbols[2], symbols[3]).AsUInt16();
        Avx512F.Store(output, Avx512BW.UnpackLow(lowLow, lowHigh).AsByte());
        Avx512F.Store(output + 64, Avx512BW.UnpackHigh(lowLow, lowHigh).AsByte());
        Avx512F.Store(output + 128, Avx512BW.UnpackLow(highLow, highHigh).AsByte());
        Avx512F.Store(output + 192, Avx512BW.UnpackHigh(highLow, highHigh).AsByte());
    }

    /// <summary>Branch bits, bit 13 of a dword, become bit 5 of a byte.</summary>
    private static Vector512<byte> Load(uint* branches)
    {
        return Avx512BW.PackUnsignedSaturate(
            Avx512BW.PackUnsignedSaturate(Bits(branches), Bits(branches + 16)).AsInt16(), Avx512BW.PackUnsignedSaturate(Bits(branches + 32), Bits(branches + 48)).AsInt16());

        static Vector512<int> Bits(uint* from) => Avx512F.ShiftRightLogical(Avx512F.LoadVector512(from), 8).AsInt32();
    }

    private static void Store(Vector512<byte> bits, uint* branches)
    {
        var low = Avx512BW.UnpackLow(Vector512<byte>.Zero, bits).AsUInt16();
        var high = Avx512BW.UnpackHigh(Vector512<byte>.Zero, bits).AsUInt16();
        Avx512F.Store(branches, Avx512BW.UnpackLow(low, default).AsUInt32());
        Avx512F.Store(branches + 16, Avx512BW.UnpackHigh(low, default).AsUInt32());
        Avx512F.Store(branches + 32, Avx512BW.UnpackLow(high, default).AsUInt32());
        Avx512F.Store(branches + 48, Avx512BW.UnpackHigh(high, default).AsUInt32());
    }
}
