using System.Diagnostics;
using System.Globalization;
using ModelPack.Entropy;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Entropy;

/// <summary>
/// Damaged chunks, in guarded memory: whatever they hold, decoding ends with the right number of bytes or an error, and touches nothing outside.
/// A few seconds as a test; MODELPACK_FUZZ_SECONDS makes it as long as one likes, MODELPACK_FUZZ_SEED begins elsewhere.
/// </summary>
public class CodedChunkFuzzTests
{
    /// <summary>Seeds of mutations worth keeping: those that reach each of the decoder's refusals.</summary>
    public static TheoryData<int> Seeds => [1, 2, 3, 5, 8, 13, 21, 34];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_damaged_chunk_is_refused_or_decoded_and_nothing_else_is_touched(int seed)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "guarded memory is Linux's");
        var seconds = double.Parse(Environment.GetEnvironmentVariable("MODELPACK_FUZZ_SECONDS") ?? "0.5", CultureInfo.InvariantCulture);
        var random = new Random(seed + (1000 * int.Parse(Environment.GetEnvironmentVariable("MODELPACK_FUZZ_SEED") ?? "0", CultureInfo.InvariantCulture)));
        CodedCase[] cases =
        [
            CodedCase.Grouped(KernelTable.All.First(k => k.Format.ToString() == "g32 u4 f16+min").Format, 40, 200, seed),
            CodedCase.Grouped(KernelTable.All.First(k => k.Format.CodeBits == 6).Format, 33, 320, seed),
            CodedCase.Grouped(KernelTable.All.First(k => k.Format.CodeBits == 8).Format, 16, 64, seed),
            CodedCase.Tiled(130, 200, seed),
        ];
        var kept = new List<(CodedCase Case, int Chunk, byte[] Bytes)>();
        foreach (var test in cases)
        {
            for (var c = 0; c < test.Coded.RawBytes.Count; c++)
            {
                kept.Add((test, c, test.Coded.Chunk(c, 0)));
            }
        }

        using var scratch = new DecoderScratch();
        int refused = 0, decoded = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < seconds;)
        {
            var (test, chunk, bytes) = kept[random.Next(kept.Count)];
            var damaged = Damage(bytes, random);
            foreach (var rung in KernelSets.Supported)
            {
                using var stored = new GuardedMemory(damaged.Length);
                using var raw = new GuardedMemory(test.Coded.RawBytes[chunk]);
                damaged.CopyTo(stored.Span);
                var problem = CodedChunkDecoder.Decode(stored.Span, raw.Span, test.Tensor, test.Coded.Tables, rung, scratch);
                _ = problem is null ? decoded++ : refused++;
            }
        }

        Assert.True(refused > decoded, $"{refused} refused, {decoded} decoded");
    }

    private static byte[] Damage(byte[] bytes, Random random)
    {
        var damaged = (byte[])bytes.Clone();
        switch (random.Next(5))
        {
            case 0:
                return damaged[..random.Next(damaged.Length)];
            case 1:
                return [.. damaged, .. new byte[random.Next(1, 200)]];
            case 2:
                // The fixed part: sizes, tables, bits.
                damaged[random.Next(Math.Min(12, damaged.Length))] = (byte)random.Next(256);
                return damaged;
            case 3:
                for (var n = random.Next(1, 20); n > 0; n--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                return damaged;
            default:
                // One bit: in the states and words most often.
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                return damaged;
        }
    }
}
