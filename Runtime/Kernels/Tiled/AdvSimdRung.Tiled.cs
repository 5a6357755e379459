using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct AdvSimdRung
{
    public static void DotTiles<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc)
        where W : struct, IWidth
    {
        var a = x.Codes;
        for (var b = 0; b < blocks; b++)
        {
            var scale = Vector128.Create(x.Scales[b]);
            for (var s = first; s < end; s++)
            {
                var unit = codes + (2 * 64 * W.Bits * s);
                var to = acc + (16 * s);
                Vector128<sbyte> a0 = AdvSimd.LoadVector128(a), a1 = AdvSimd.LoadVector128(a + 16), a2 = AdvSimd.LoadVector128(a + 32), a3 = AdvSimd.LoadVector128(a + 48);
                for (var part = 0; part < 4; part++)
                {
                    var sum = Quads4<ScalarTile<W>>(Vector128<int>.Zero, unit, 0, part, a0);
                    sum = Quads4<ScalarTile<W>>(sum, unit, 4, part, a1);
                    sum = Quads4<ScalarTile<W>>(sum, unit + (64 * W.Bits), 0, part, a2);
                    sum = Quads4<ScalarTile<W>>(sum, unit + (64 * W.Bits), 4, part, a3);
                    AdvSimd.Store(to + (4 * part), AdvSimd.FusedMultiplyAdd(AdvSimd.LoadVector128(to + (4 * part)), AdvSimd.ConvertToSingle(sum), scale));
                }
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    public static void DotTrellis<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc, byte* state, int eight)
        where W : struct, IWidth => TiledPanels.DotTrellis<AdvSimdRung, AdvSimdLanes, W>(codes, first, end, blocks, x, acc, state, eight);

    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth
    {
        for (var part = 0; part < 4; part++)
        {
            var branch = Vector128.Load(unit + (64 * (W.Bits - 1)) + (16 * part));
            Path(branch, Vector128.Load(state), Vector128.Create((uint)eight), out var one, out var low);
            branch.Store(state);
            for (var quad = 0; quad < 8; quad++)
            {
                var bit = Vector128.Create((byte)1);
                var shift = Vector128.Create((sbyte)-quad);
                var pair = (AdvSimd.ShiftLogical(one, shift) & bit) + Vector128.ShiftLeft(AdvSimd.ShiftLogical(low, shift) & bit, 1);
                var high = High<W>(unit, quad, part);
                var to = quads + (64 * quad);
                if (W.Bits == 8)
                {
                    high.Store(to);
                    pair.Store(to + TiledPanels.Bytes);
                }
                else
                {
                    (Vector128.ShiftLeft(high, 2) | pair).Store(to);
                }
            }

            quads += 16;
            state += 16;
        }
    }

    /// <summary>b_(j−1) and lsb_j of 4 rows, as the branch bits lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Path(Vector128<byte> branch, Vector128<byte> before, Vector128<uint> eight, out Vector128<byte> one, out Vector128<byte> low)
    {
        // b_(j−4): one quad back, the last quad of the unit before coming in. Columns are bytes: b_(j−k) are the bytes k places up.
        var back4 = (Vector128.ShiftLeft(branch, 1) | Vector128.ShiftRightLogical(before, 7)).AsUInt32();
        var b0 = branch.AsUInt32();
        one = (Vector128.ShiftLeft(b0, 8) | Vector128.ShiftRightLogical(back4, 24)).AsByte();
        var b2 = Vector128.ShiftLeft(b0, 16) | Vector128.ShiftRightLogical(back4, 16);
        var b3 = Vector128.ShiftLeft(b0, 24) | Vector128.ShiftRightLogical(back4, 8);
        low = (b0 ^ b2 ^ (b3 & eight)).AsByte();
    }

    /// <summary>Rows 4·<paramref name="part"/> … of a quad's upper bits, unsigned.</summary>
    private static Vector128<byte> High<W>(byte* unit, int quad, int part)
        where W : struct, IWidth => (Values<HighBits<W>>(unit, quad, part)).AsByte();

    /// <summary>The upper bits of a trellis tile, nothing subtracted.</summary>
    private readonly struct HighBits<W> : ICodeForm
        where W : struct, IWidth
    {
        public static int CodeBits => W.Bits - 1;

        public static int Offset => 0;

        public static CodebookId Codebook => CodebookId.None;
    }
}
