using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Entropy;
using ModelPack.Execution;
using ModelPack.Formats;

namespace ModelPack.Tests.Entropy;

/// <summary>Tiled weights through the coder: exactly the bytes of the resident encoder, on every rung, near the entropy; damage ends in an error.</summary>
public sealed unsafe class TiledCodingTests
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 1), (16, 144), (64, 64), (65, 70), (96, 33), (130, 131), (192, 576)];

    public static TheoryData<int, int, KernelSet> StatesClassesAndRungs()
    {
        var data = new TheoryData<int, int, KernelSet>();
        foreach (var rung in KernelSets.Supported)
        {
            foreach (var states in (int[])[1, 4, 8])
            {
                foreach (var unitClass in (int[])[-6, 4, 14, 22])
                {
                    data.Add(states, unitClass, rung);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(StatesClassesAndRungs))]
    public void Resident_bytes_are_those_of_the_resident_encoder(int states, int unitClass, KernelSet rung)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            var matrix = RandomMatrix.Make(rows, columns, states, unitClass, seed: rows + columns);
            Assert.Equal(TiledEncoder.Encode(matrix), CodedCase.Of(matrix).Decode(rung));
        }
    }

    /// <summary>Entropy of the codes given class and previous branch bit, as counted here; tables included.</summary>
    [Theory]
    [InlineData(1, -2)]
    [InlineData(1, 4)]
    [InlineData(1, 10)]
    [InlineData(1, 16)]
    [InlineData(8, -2)]
    [InlineData(8, 4)]
    [InlineData(8, 10)]
    [InlineData(4, 16)]
    public void Codes_take_their_entropy(int states, int unitClass)
    {
        var matrix = RandomMatrix.Make(1024, 2048, states, unitClass, seed: unitClass);
        var tables = new TiledTableSet(states);
        tables.Count(matrix, new());
        var coded = CodedCase.Of(matrix, shared: tables).Segment;
        var entropy = Entropy(matrix) / 8;
        var stored = coded.Chunks.Skip(1).Sum(c => (long)c.Length) + tables.ToBytes().Length;
        // 256 bytes of states a chunk.
        var most = (entropy * 1.005) + (256 * (coded.Chunks.Length - 1));
        Assert.True(stored <= most, $"{stored} bytes, entropy {entropy:F0}: {stored / entropy:F5}");
    }

    [Fact]
    public void Side_information_of_sorted_rows_and_columns_is_small()
    {
        var matrix = RandomMatrix.Make(2048, 2048, 8, 6, seed: 1);
        var coded = CodedCase.Of(matrix).Segment;
        // Order, exponents: five runs of rows; the order of columns is random and takes its logarithm. Classes of columns are one of seven, and no weight's but this one's.
        Assert.InRange(8.0 * coded.Prologue.Length / matrix.Rows / matrix.Columns, 0, 0.001 + (4.0 / matrix.Rows));
        Assert.InRange(8.0 * TiledSegmentEncoder.Columns(matrix).Length / matrix.Columns, 0, 11 + 5);
    }

    /// <summary>A small matrix has classes whose own tables would take more than they save; a large one keeps them apart.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Few_codes_share_tables(int states)
    {
        int Tables(int rows, int columns)
        {
            var tables = new TiledTableSet(states);
            tables.Count(RandomMatrix.Make(rows, columns, states, 6, seed: 5), new());
            return tables.ToBytes().Length;
        }

        Assert.InRange(Tables(16, 144), 20, Tables(2048, 512) / 8);
    }

    /// <summary>Rows that do not fill 64 lanes cost what they are, not what 64 would.</summary>
    [Theory]
    [InlineData(1, 6)]
    [InlineData(8, 6)]
    [InlineData(8, 22)]
    public void Lanes_without_rows_cost_nothing(int states, int unitClass)
    {
        var tables = new TiledTableSet(states);
        TiledMatrix few = RandomMatrix.Make(16, 2048, states, unitClass, seed: 6), full = RandomMatrix.Make(64, 2048, states, unitClass, seed: 6);
        tables.Count(few, new());
        tables.Count(full, new());
        long Bytes(TiledMatrix matrix) => CodedCase.Of(matrix, shared: tables).Segment.Chunks.Skip(1).Sum(c => (long)c.Length);
        Assert.InRange(Bytes(few), 0, (Bytes(full) / 4 * 1.05) + 256);
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_number_of_threads()
    {
        var matrix = RandomMatrix.Make(700, 3000, 8, 6, seed: 2);
        CodedSegment one = CodedCase.Of(matrix, threads: 1).Segment, seven = CodedCase.Of(matrix, threads: 7).Segment;
        Assert.Equal(one.Prologue, seven.Prologue);
        Assert.Equal(one.Chunks, seven.Chunks);
        Assert.True(one.Chunks.Length > 2);
    }

    [Fact]
    public void A_pack_shares_tables_and_columns_and_loads_to_the_resident_bytes()
    {
        TiledMatrix a = RandomMatrix.Make(128, 192, 8, 5, seed: 3), other = RandomMatrix.Make(256, 192, 8, 8, seed: 4);
        // Like Q, K, V: the same columns.
        var b = new TiledMatrix
        {
            Rows = 256,
            Columns = 192,
            States = 8,
            RowOrder = other.RowOrder,
            ColumnOrder = a.ColumnOrder,
            RowExponents = other.RowExponents,
            ColumnExponents = a.ColumnExponents,
            RowClasses = other.RowClasses,
            ColumnClasses = a.ColumnClasses,
            Widths = other.Widths,
            Codes = other.Codes,
        };
        var tables = new TiledTableSet(8);
        tables.Count(a, new());
        tables.Count(b, new());
        foreach (var asIs in (bool[])[false, true])
        {
            var stream = new MemoryStream();
            var writer = new PackWriter(stream, 2, CancellationToken.None, worthCoding: asIs ? 0 : PackWriter.WorthCoding);
            Assert.Equal(TiledEncoder.Encode(a).Length, writer.AddTiled("a", a, tables));
            writer.AddTiled("b", b, tables);
            var hash = writer.Finish();
            fixed (byte* p = stream.ToArray())
            {
                Assert.Equal(asIs ? 2 : 4, Pack.Open(p, stream.Length, "test").Segments.Count);
                using var model = LoadedModel.Open(p, stream.Length, "test", hash, new(16, 64, 64, 32, 1, 1, 8, 8), new() { Threads = 2, Preload = true, ResidentForm = ResidentForm.Compact }, null);
                Assert.Equal(TiledEncoder.Encode(a), new ReadOnlySpan<byte>(model.Weights[0].Data, TiledEncoder.Encode(a).Length).ToArray());
                Assert.Equal(TiledEncoder.Encode(b), new ReadOnlySpan<byte>(model.Weights[1].Data, TiledEncoder.Encode(b).Length).ToArray());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void Damage_ends_in_an_error_or_in_the_same_bytes_on_every_rung(int states)
    {
        var random = new Random(states);
        for (var i = 0; i < 100; i++)
        {
            var matrix = RandomMatrix.Make(random.Next(1, 200), random.Next(1, 200), states, random.Next(-4, 16), seed: i);
            SegmentMutation.Check(CodedCase.Of(matrix), random);
        }
    }

    [Fact]
    public void Damaged_tables_and_columns_are_errors_or_harmless()
    {
        var random = new Random(9);
        var matrix = RandomMatrix.Make(128, 128, 8, 6, seed: 5);
        var tables = new TiledTableSet(8);
        tables.Count(matrix, new());
        byte[] tableBytes = tables.ToBytes(), columnBytes = TiledSegmentEncoder.Columns(matrix);
        var coded = CodedCase.Of(matrix, shared: tables);
        for (var i = 0; i < 500; i++)
        {
            byte[] t = [.. tableBytes], c = [.. columnBytes];
            var target = random.Next(2) == 0 ? t : c;
            target[random.Next(target.Length)] = (byte)random.Next(256);
            SegmentMutation.Check(coded with { Prepare = prologue => TiledDecoder.Prepare(prologue, coded.RawBytes, TiledTables.Read(t), TiledColumns.Read(c)) }, random);
        }
    }

    private static double Entropy(TiledMatrix matrix)
    {
        var stored = new StoredCodes(matrix);
        var counts = new Dictionary<(int Class, int Branch), Dictionary<int, long>>();
        var values = new short[64];
        for (var g = 0; g < matrix.RowGroups; g++)
        {
            for (var j = 0; j < matrix.Columns; j++)
            {
                stored.Column(g, j, values);
                foreach (var value in values)
                {
                    var key = (matrix.RowClasses[g] + matrix.ColumnClasses[j], value >> 8);
                    if (!counts.TryGetValue(key, out var of))
                    {
                        counts[key] = of = [];
                    }

                    of[value & 255] = of.GetValueOrDefault(value & 255) + 1;
                }
            }
        }

        return counts.Values.Sum(of => of.Values.Sum(n => -n * Math.Log2((double)n / of.Values.Sum())));
    }
}
