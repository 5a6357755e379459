using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Entropy;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Entropy;

/// <summary>Trellis weights expanded to scalar tiles as they are decoded: the same bytes on every rung, and the same integers, products and rows as in compact form.</summary>
public sealed unsafe class ExpandedFormTests
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 1), (64, 64), (65, 70), (130, 131), (192, 576)];

    public static TheoryData<int, KernelSet> StatesAndRungs()
    {
        var data = new TheoryData<int, KernelSet>();
        foreach (var rung in KernelSets.Supported)
        {
            data.Add(4, rung);
            data.Add(8, rung);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(StatesAndRungs))]
    public void Tiles_become_scalar_ones_of_the_same_integers(int states, KernelSet rung)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            foreach (var unitClass in (int[])[-6, 4, 14, 22])
            {
                var matrix = Matrix(rows, columns, states, unitClass);
                var bytes = CodedCase.Of(matrix, expanded: true).Decode(rung);
                Assert.Equal(Expanded(TiledEncoder.Encode(matrix), matrix), bytes);
            }
        }
    }

    [Theory]
    [MemberData(nameof(StatesAndRungs))]
    public void Products_have_the_same_bits_in_both_forms(int states, KernelSet rung)
    {
        foreach (var (rows, columns) in ((int, int)[])[(65, 70), (130, 576)])
        {
            var matrix = Matrix(rows, columns, states, unitClass: 6);
            using LoadedModel compact = Load(matrix, ResidentForm.Compact, rung), expanded = Load(matrix, ResidentForm.Expanded, rung);
            Assert.True(compact.Weights[0].ResidentBytes < expanded.Weights[0].ResidentBytes);
            Assert.Equal(compact.Weights[0].Dequantize(), expanded.Weights[0].Dequantize());
            foreach (var tokens in (int[])[1, 2, 17])
            {
                foreach (var floats in (bool[])[false, true])
                {
                    Assert.Equal(Multiply(compact, rung, tokens, floats), Multiply(expanded, rung, tokens, floats));
                }
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Damage_ends_in_an_error_or_in_the_same_bytes_on_every_rung(int states)
    {
        var random = new Random(states);
        for (var i = 0; i < 100; i++)
        {
            var matrix = Matrix(random.Next(1, 200), random.Next(1, 200), states, random.Next(-4, 16));
            SegmentMutation.Check(CodedCase.Of(matrix, expanded: true), random);
        }
    }

    [Fact]
    public void A_chunk_that_ends_inside_a_row_group_is_refused()
    {
        var coded = CodedCase.Of(Matrix(130, 64, 8, 4), expanded: true);
        var decoder = coded.Prepare(coded.Segment.Prologue);
        Assert.Contains("inside a row group", Assert.Throws<CorruptStreamException>(() => decoder.Place(0, coded.RawBytes - 64)).Message, StringComparison.Ordinal);
        Assert.Throws<CorruptStreamException>(() => decoder.Place(1, coded.RawBytes - 1));
        Assert.Throws<CorruptStreamException>(() => decoder.Place(0, long.MaxValue));
    }

    /// <summary>Tiles of all widths in any order, so that trellis tiles of width 8 lie behind scalar ones of every width.</summary>
    private static TiledMatrix Matrix(int rows, int columns, int states, int unitClass)
    {
        var matrix = RandomMatrix.Make(rows, columns, states, unitClass, seed: rows + columns);
        var random = new Random(unitClass);
        for (var t = 0; t < matrix.Widths.Length; t++)
        {
            matrix.Widths[t] = (byte)(random.Next(3) == 0 ? 8 : random.Next(2, 8));
        }

        return matrix;
    }

    private static LoadedModel Load(TiledMatrix matrix, ResidentForm form, KernelSet rung)
    {
        var tables = new ModelPack.Compiler.Entropy.TiledTableSet(matrix.States);
        tables.Count(matrix, new());
        using var stream = new MemoryStream();
        var writer = new PackWriter(stream, 1, CancellationToken.None);
        writer.AddTiled("w", matrix, tables);
        var hash = writer.Finish();
        var memory = new NativeBuffer(stream.Length);
        stream.ToArray().CopyTo(new Span<byte>(memory.Pointer, (int)stream.Length));
        return LoadedModel.Open(
            memory.Pointer, stream.Length, "test", hash, new(16, 64, 1024, 576, 1, 1, 8, 8), new() { Threads = 2, Preload = true, ResidentForm = form, Kernels = rung }, memory);
    }

    /// <summary>As bits.</summary>
    private static int[] Multiply(LoadedModel model, KernelSet rung, int tokens, bool floats)
    {
        var weight = model.Weights[0];
        using var pool = new WorkerPool(2);
        using var k = new Executor(new(16, 64, 1024, 576, 1, 1, 8, 8), pool, rung, floats);
        k.Begin(new int[tokens], []);
        Activations x = k.Buffer(0, weight.Columns), y = k.Buffer(weight.Columns, weight.Rows);
        var random = new Random(tokens);
        for (var i = 0; i < tokens * weight.Columns; i++)
        {
            x.Data[i] = random.NextSingle() - 0.5f;
        }

        k.Linear(x, y, weight);
        Assert.True(new Span<float>(y.Data, tokens * weight.Rows).ContainsAnyExcept(0f));
        return new Span<int>(y.Data, tokens * weight.Rows).ToArray();
    }

    /// <summary>The definition in plain loops: other kinds, scalar tiles of n where they fit.</summary>
    private static byte[] Expanded(byte[] compact, TiledMatrix matrix)
    {
        var tiles = matrix.Widths.Length;
        var expanded = new List<byte>(compact[..(compact.Length - matrix.Widths.Sum(w => TiledLayout.TileBytes(w)))]);
        var at = expanded.Count;
        int kinds;
        fixed (byte* data = compact)
        {
            kinds = (int)(new TiledView("w", data, compact.Length, matrix.Rows, matrix.Columns, matrix.States).Kinds - data);
        }

        for (var t = 0; t < tiles; t++)
        {
            int width = matrix.Widths[t], bytes = TiledLayout.TileBytes(width);
            Assert.Equal(0x80 | width, compact[kinds + t]);
            expanded[kinds + t] = (byte)(width == 8 ? 0x88 : width + 1);
            expanded.AddRange(width == 8 ? compact[at..(at + bytes)] : Scalar(matrix, t));
            at += bytes;
        }

        return [.. expanded];
    }

    private static byte[] Scalar(TiledMatrix matrix, int tile)
    {
        int width = matrix.Widths[tile], group = tile / matrix.Blocks, first = tile % matrix.Blocks * 64;
        var (low, high) = TiledMatrix.Range(width, matrix.States);
        var codes = new byte[CodePlanes.UnitCodes];
        var planes = new byte[TiledLayout.TileBytes(width + 1)];
        for (var unit = 0; unit < 8; unit++)
        {
            for (var i = 0; i < 512; i++)
            {
                // Sub-group, then half of the columns; quads of 16 rows × 4 columns.
                int lane = (16 * (unit / 2)) + (i % 64 / 4), column = first + (32 * (unit % 2)) + (4 * (i / 64)) + (i % 4);
                var n = column < matrix.Columns ? matrix.Codes[(((group * matrix.Columns) + column) * 64) + lane] : 0;
                n = (4 * Math.Clamp(n >> 2, low >> 2, high >> 2)) + (n & 3);
                codes[i] = (byte)(n + (1 << width));
            }

            fixed (byte* from = codes, to = planes)
            {
                CodePlanes.Pack(from, width + 1, to + (unit * 64 * (width + 1)));
            }
        }

        return planes;
    }
}
