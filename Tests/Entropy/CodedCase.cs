using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Packing;
using ModelPack.Entropy;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Entropy;

/// <summary>A tensor in its resident form with codes that have something to gain, and its coded segment.</summary>
internal sealed record CodedCase(PackTensor Tensor, byte[] Resident, CodedSegment Coded)
{
    /// <summary>Grouped: codes around the middle, plausible scales.</summary>
    public static unsafe CodedCase Grouped(WeightFormat format, int rows, int columns, int seed)
    {
        var layout = new GroupedLayout(format, rows, columns);
        var resident = new byte[layout.TotalBytes];
        var random = new Random(seed);
        fixed (byte* p = resident)
        {
            var at = p;
            for (var u = 0; u < layout.RowGroups * layout.Units; u++)
            {
                var header = layout.HeaderBytes(u % layout.Units);
                for (var i = 0; i < header / 2; i++)
                {
                    ((ushort*)at)[i] = BitConverter.HalfToUInt16Bits((Half)((random.NextDouble() - 0.2) * 0.03));
                }

                at += header;
                FillUnit(at, format.CodeBits, random);
                at += layout.CodeBytes;
            }
        }

        return new(new("w", format, rows, columns, 0), resident, GroupedCoder.Code(layout, resident));
    }

    /// <summary>Tiled: tiles of every width, scalar ones and a few of the trellis; the head is any bytes.</summary>
    public static unsafe CodedCase Tiled(int rows, int columns, int seed)
    {
        int groups = TiledLayout.Groups(rows), blocks = TiledLayout.Blocks(columns);
        var random = new Random(seed);
        var kinds = new byte[groups * blocks];
        for (var t = 0; t < kinds.Length; t++)
        {
            kinds[t] = (byte)(random.Next(2, 9) | (random.Next(8) == 0 ? TiledLayout.Trellis : 0));
        }

        var head = (int)TiledLayout.HeaderBytes(rows, columns, 0);
        var resident = new byte[head + kinds.Sum(k => TiledLayout.TileBytes(k & 15))];
        random.NextBytes(resident.AsSpan(0, 64));
        fixed (byte* p = resident)
        {
            var at = p + head;
            foreach (var kind in kinds)
            {
                for (var u = 0; u < 8; u++)
                {
                    FillUnit(at, kind & 15, random);
                    at += 64 * (kind & 15);
                }
            }
        }

        return new(new("w", WeightFormat.TiledOf(1), rows, columns, 0), resident, TiledCoder.Code(resident, head, kinds, blocks));
    }

    /// <summary>Every chunk of the segment, decoded by a rung.</summary>
    public byte[] Decode(KernelSet kernels)
    {
        var raw = new byte[Resident.Length];
        var at = 0;
        using var scratch = new DecoderScratch();
        for (var c = 0; c < Coded.RawBytes.Count; c++)
        {
            Assert.Null(CodedChunkDecoder.Decode(Coded.Chunk(c, 0), raw.AsSpan(at, Coded.RawBytes[c]), Tensor, Coded.Tables, kernels, scratch));
            at += Coded.RawBytes[c];
        }

        Assert.Equal(raw.Length, at);
        return raw;
    }

    private static unsafe void FillUnit(byte* planes, int bits, Random random)
    {
        for (var column = 0; column < 32; column++)
        {
            for (var row = 0; row < 16; row++)
            {
                var sum = random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5;
                var code = Math.Clamp((int)Math.Round((1 << (bits - 1)) * (1 + (sum * 0.6))), 0, (1 << bits) - 1);
                GroupedCodes.SetCode(planes, bits, row, column, code);
            }
        }
    }
}
