using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelPack.Entropy;

/// <summary>Sixteen registers of 4 states; tables of 16 dwords are four registers that TBL reads as 64 bytes, words are dealt out by TBL, too.</summary>
internal unsafe struct AdvSimdRansRung : IRansRung
{
    public static ushort* Decode(uint** tables, uint* states, ushort* words, int steps, byte* symbols)
    {
        fixed (byte* deal = WordDeal.Eight)
        {
            for (var step = 0; step < steps; step++)
            {
                var table = tables[step];
                Vector128<uint> q0 = default, q1 = default, q2 = default, q3 = default;
                for (var v = 0; v < 4; v++)
                {
                    q0 = Next(q0, table, states, ref words, deal);
                    q1 = Next(q1, table, states + 4, ref words, deal);
                    q2 = Next(q2, table, states + 8, ref words, deal);
                    q3 = Next(q3, table, states + 12, ref words, deal);
                    states += 16;
                }

                states -= RansStream.Lanes;
                AdvSimd.Store((uint*)symbols, q0);
                AdvSimd.Store((uint*)symbols + 4, q1);
                AdvSimd.Store((uint*)symbols + 8, q2);
                AdvSimd.Store((uint*)symbols + 12, q3);
                symbols += RansStream.Lanes;
            }
        }

        return words;
    }

    /// <summary>One symbol in each of four lanes, into the top byte of the quad's dwords.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Next(Vector128<uint> quad, uint* table, uint* states, ref ushort* words, byte* deal)
    {
        var x = AdvSimd.LoadVector128(states);
        var bucket = AdvSimd.And(AdvSimd.ShiftRightLogical(x, RansTable.BucketBits), Vector128.Create(15u));
        // Bytes 4·b … 4·b + 3 of a table of 64.
        var index = AdvSimd.Add(AdvSimd.Multiply(bucket, Vector128.Create(0x04040404u)), Vector128.Create(0x03020100u)).AsByte();
        var low = AdvSimd.And(x, Vector128.Create((uint)RansTable.BucketSlots - 1));
        var isOther = AdvSimd.CompareGreaterThanOrEqual(low, Look(table, index));
        var entry = AdvSimd.BitwiseSelect(isOther, Look(table + 32, index), Look(table + 16, index));
        x = AdvSimd.MultiplyAdd(
            AdvSimd.Subtract(AdvSimd.Add(low, AdvSimd.ShiftRightLogical(entry, 17)), Vector128.Create((uint)RansTable.BucketSlots)),
            AdvSimd.And(entry, Vector128.Create(0x1FFFu)),
            AdvSimd.ShiftRightLogical(x, RansTable.ProbabilityBits));
        var needs = AdvSimd.CompareLessThan(x, Vector128.Create(RansStream.Low));
        var mask = needs.ExtractMostSignificantBits();
        var next = AdvSimd.ZeroExtendWideningLower(AdvSimd.LoadVector64(words));
        var at = Vector128.CreateScalar(*(uint*)(deal + (8 * mask))).AsByte();
        var word = AdvSimd.ZeroExtendWideningLower(AdvSimd.ZeroExtendWideningLower(at.GetLower()).GetLower());
        var dealt = AdvSimd.Arm64.VectorTableLookup(next.AsByte(), AdvSimd.Add(AdvSimd.Multiply(word, Vector128.Create(0x04040404u)), Vector128.Create(0x03020100u)).AsByte());
        AdvSimd.Store(states, AdvSimd.BitwiseSelect(needs, AdvSimd.Or(AdvSimd.ShiftLeftLogical(x, 16), dealt.AsUInt32()), x));
        words += BitOperations.PopCount(mask);
        return AdvSimd.Or(AdvSimd.ShiftRightLogical(quad, 8), AdvSimd.And(AdvSimd.ShiftLeftLogical(entry, 11), Vector128.Create(0xF000000u)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Look(uint* table, Vector128<byte> index) => AdvSimd.Arm64.VectorTableLookup(
        (AdvSimd.LoadVector128((byte*)table), AdvSimd.LoadVector128((byte*)table + 16), AdvSimd.LoadVector128((byte*)table + 32), AdvSimd.LoadVector128((byte*)table + 48)), index).AsUInt32();
}
