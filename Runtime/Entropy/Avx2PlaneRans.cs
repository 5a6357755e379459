using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>
/// Blocks with AVX2 where all lanes of a step have one table of 64: 32 lanes at a time are looked up as bytes, a plane of the table (<see cref="RansTable.Planes"/>) after the other, by shuffles of 16;
/// symbols and branch bits stay bytes. Half the arithmetic of <see cref="Avx2Rans"/>, which looks up dwords.
/// </summary>
/// <remarks>
/// Two packs turn four vectors of 8 dwords into one of bytes, within halves of 128 bits; the unpacks below are their exact inverse, so no lane ever changes its place in memory.
/// </remarks>
internal static unsafe class Avx2PlaneRans
{
    private const int Lanes = 32;

    /// <inheritdoc cref="ScalarRans.Run"/>
    public static void Run<A, L>(RansState* state, nint* tables, int stride, byte* output, int blocks)
        where A : struct, IAlphabet
        where L : struct, IPlaneLanes
    {
        // Branch bits of the three columns before, as bytes: [before][half].
        var paths = stackalloc Vector256<byte>[6];
        var symbols = stackalloc byte[RansFormat.BlockSymbols];
        var words = state->Words;
        if (A.IsPath)
        {
            LoadPaths(state, paths);
        }

        fixed (byte* spread = Avx2Rans.SpreadTable)
        {
            for (; blocks > 0; blocks--)
            {
                for (var step = 0; step < RansFormat.Steps; step++)
                {
                    var table = (uint*)tables[4 * step];
                    words = Step<A, L>(state->X, paths, table, symbols + (64 * step), words, spread, state->EightStates);
                    words = Step<A, L>(state->X + Lanes, paths + 1, table, symbols + (64 * step) + Lanes, words, spread, state->EightStates);
                }

                Interleave(symbols, output);
                Interleave(symbols + Lanes, output + (4 * Lanes));
                output += RansFormat.BlockSymbols;
                tables += stride;
            }
        }

        state->Words = words;
        if (A.IsPath)
        {
            StorePaths(state, paths);
        }
    }

    private static ushort* Step<A, L>(uint* x, Vector256<byte>* paths, uint* table, byte* symbols, ushort* words, byte* spread, bool eightStates)
        where A : struct, IAlphabet
        where L : struct, IPlaneLanes
    {
        var x0 = Avx.LoadVector256(x);
        var x1 = Avx.LoadVector256(x + 8);
        var x2 = Avx.LoadVector256(x + 16);
        var x3 = Avx.LoadVector256(x + 24);
        var scale = Vector256.Create((uint)RansFormat.Scale - 1);
        var low = Avx2.PackUnsignedSaturate(Avx2.And(x0, scale).AsInt32(), Avx2.And(x1, scale).AsInt32());
        var high = Avx2.PackUnsignedSaturate(Avx2.And(x2, scale).AsInt32(), Avx2.And(x3, scale).AsInt32());

        // Within a slot's 13 bits: the bucket, which a pair of tables chooses the half for by the branch bit, and the place in it.
        var shift = Vector128.CreateScalar(A.IsPath ? table[RansTable.BucketShift] : RansFormat.ScaleBits - 6u).AsUInt16();
        var index = Avx2.PackUnsignedSaturate(Avx2.ShiftRightLogical(low, shift).AsInt16(), Avx2.ShiftRightLogical(high, shift).AsInt16());
        var inBucket = Vector256.Create((ushort)(A.IsPath ? table[RansTable.PlaceMask] : (RansFormat.Scale / 64) - 1u));
        var place = Avx2.PackUnsignedSaturate(Avx2.And(low, inBucket).AsInt16(), Avx2.And(high, inBucket).AsInt16());
        if (A.IsPath)
        {
            index = Avx2.Or(index, Avx2.And(paths[0], Vector256.Create((byte)table[RansTable.HalfMask])));
        }

        L.Look((byte*)(table + RansTable.Planes), index, place, out var b0, out var b1, out var b2, out var b3);

        // Bits 13 to 18 of an entry.
        var symbol = Avx2.Or(
            Avx2.And(Avx2.ShiftRightLogical(b1.AsUInt16(), 5).AsByte(), Vector256.Create((byte)7)),
            Avx2.And(Avx2.ShiftLeftLogical(b2.AsUInt16(), 3).AsByte(), Vector256.Create((byte)0x38)));
        if (A.IsPath)
        {
            var two = paths[2];
            var branch = Avx2.And(Avx2.Xor(b1, Avx2.Xor(two, paths[4])), Vector256.Create((byte)0x20));
            paths[4] = eightStates ? two : default;
            paths[2] = paths[0];
            paths[0] = branch;
            symbol = Avx2.Or(symbol, Avx2.ShiftLeftLogical(branch.AsUInt16(), 2).AsByte());
        }

        Avx.Store(symbols, symbol);
        var lowLow = Avx2.UnpackLow(b0, b1).AsUInt16();
        var lowHigh = Avx2.UnpackLow(b2, b3).AsUInt16();
        var highLow = Avx2.UnpackHigh(b0, b1).AsUInt16();
        var highHigh = Avx2.UnpackHigh(b2, b3).AsUInt16();
        words = L.Next(x, Avx2Rans.Advance(x0, Avx2.UnpackLow(lowLow, lowHigh).AsUInt32()), words, spread);
        words = L.Next(x + 8, Avx2Rans.Advance(x1, Avx2.UnpackHigh(lowLow, lowHigh).AsUInt32()), words, spread);
        words = L.Next(x + 16, Avx2Rans.Advance(x2, Avx2.UnpackLow(highLow, highHigh).AsUInt32()), words, spread);
        return L.Next(x + 24, Avx2Rans.Advance(x3, Avx2.UnpackHigh(highLow, highHigh).AsUInt32()), words, spread);
    }

    /// <summary>A step's bytes, 64 apart, become bytes of a lane's dword.</summary>
    private static void Interleave(byte* symbols, byte* output)
    {
        var s0 = Avx.LoadVector256(symbols);
        var s1 = Avx.LoadVector256(symbols + 64);
        var s2 = Avx.LoadVector256(symbols + 128);
        var s3 = Avx.LoadVector256(symbols + 192);
        var lowLow = Avx2.UnpackLow(s0, s1).AsUInt16();
        var lowHigh = Avx2.UnpackLow(s2, s3).AsUInt16();
        var highLow = Avx2.UnpackHigh(s0, s1).AsUInt16();
        var highHigh = Avx2.UnpackHigh(s2, s3).AsUInt16();
        Avx.Store(output, Avx2.UnpackLow(lowLow, lowHigh).AsByte());
        Avx.Store(output + 32, Avx2.UnpackHigh(lowLow, lowHigh).AsByte());
        Avx.Store(output + 64, Avx2.UnpackLow(highLow, highHigh).AsByte());
        Avx.Store(output + 96, Avx2.UnpackHigh(highLow, highHigh).AsByte());
    }

    /// <summary>Branch bits, bit 13 of a dword, become bit 5 of a byte.</summary>
    private static void LoadPaths(RansState* state, Vector256<byte>* paths)
    {
        for (var i = 0; i < 6; i++)
        {
            var from = Before(state, i);
            paths[i] = Avx2.PackUnsignedSaturate(
                Avx2.PackUnsignedSaturate(Bits(from), Bits(from + 8)).AsInt16(), Avx2.PackUnsignedSaturate(Bits(from + 16), Bits(from + 24)).AsInt16());
        }

        static Vector256<int> Bits(uint* from) => Avx2.ShiftRightLogical(Avx.LoadVector256(from), 8).AsInt32();
    }

    private static void StorePaths(RansState* state, Vector256<byte>* paths)
    {
        for (var i = 0; i < 6; i++)
        {
            var to = Before(state, i);
            var low = Avx2.UnpackLow(Vector256<byte>.Zero, paths[i]).AsUInt16();
            var high = Avx2.UnpackHigh(Vector256<byte>.Zero, paths[i]).AsUInt16();
            Avx.Store(to, Avx2.UnpackLow(low, default).AsUInt32());
            Avx.Store(to + 8, Avx2.UnpackHigh(low, default).AsUInt32());
            Avx.Store(to + 16, Avx2.UnpackLow(high, default).AsUInt32());
            Avx.Store(to + 24, Avx2.UnpackHigh(high, default).AsUInt32());
        }
    }

    /// <summary>Lanes 0 to 31, then 32 to 63, of the branch bits one, two, three columns before.</summary>
    private static uint* Before(RansState* state, int i) =>
        (i < 2 ? state->Branch1 : i < 4 ? state->Branch2 : state->Branch3) + (Lanes * (i & 1));
}
