using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Entropy;
using ModelPack.Tests.Reference;

namespace ModelPack.KernelCheck;

/// <summary>Weights of every grouped format, and tiled ones, encoded (by integers alone, so the same bytes everywhere) and decoded.</summary>
internal static unsafe class EntropyChecks
{
    public static IEnumerable<Check> All =>
    [
        .. KernelTable.All.Where(k => k.Format.Family == WeightFamily.Grouped).Select(k => new Check($"{k.Format} entropy", (rung, digest) => Grouped(k, rung, digest))),
        .. new[] { 1, 4, 8 }.Select(states => new Check($"{WeightFormat.TiledOf(states)} entropy", (rung, digest) => Tiled(states, rung, digest))),
    ];

    private static void Tiled(int states, KernelSet rung, Digest digest)
    {
        foreach (var (unitClass, expanded) in ((int, bool)[])[(-4, false), (6, false), (16, false), (-4, true), (6, true), (16, true)])
        {
            var matrix = RandomMatrix.Make(130, 131, states, unitClass, seed: unitClass + 10);
            var tables = new TiledTableSet(states);
            tables.Count(matrix, new() { MaxDegreeOfParallelism = 1 });
            var coded = TiledSegmentEncoder.Encode(matrix, tables, 0, 0, new() { MaxDegreeOfParallelism = 1 })!;
            var decoder = TiledDecoder.Prepare(coded.Prologue, coded.RawBytes.Sum(), TiledTables.Read(tables.ToBytes()), TiledColumns.Read(TiledSegmentEncoder.Columns(matrix)), expanded);
            long at = 0;
            for (var c = 0; c < coded.Chunks.Length; c++)
            {
                digest.Add<byte>(coded.Chunks[c]);
                var raw = new byte[decoder.Place(at, coded.RawBytes[c]).Bytes];
                at += coded.RawBytes[c];
                fixed (byte* r = raw)
                {
                    decoder.Decode(coded.Chunks[c], r, raw.Length, rung);
                }

                digest.Add<byte>(raw);
            }
        }
    }

    private static void Grouped(MatrixKernel kernel, KernelSet rung, Digest digest)
    {
        foreach (var (rows, columns) in ((int, int)[])[(37, 96), (300, 576)])
        {
            var resident = RandomWeights.Resident(kernel, rows, columns, new Random(rows));
            var coded = GroupedEncoder.Encode(resident, new(kernel.Format, rows, columns), new() { MaxDegreeOfParallelism = 1 })!;
            digest.Add<byte>(coded.Prologue);
            digest.Add<byte>(coded.Chunks[0]);
            var raw = new byte[resident.Length];
            fixed (byte* r = raw)
            {
                GroupedDecoder.Prepare(coded.Prologue, raw.Length).Decode(coded.Chunks[0], r, raw.Length, rung);
            }

            digest.Add<byte>(raw);
        }
    }
}
