using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Formats;

/// <summary>A quantised matrix comes back from its resident bytes, code by code, and through a pack and the executor.</summary>
public unsafe class TiledEncoderTests
{
    [Theory]
    [InlineData(1, 100, 100)]
    [InlineData(4, 65, 129)]
    [InlineData(8, 130, 576)]
    [InlineData(8, 1, 1)]
    public void Every_code_comes_back_escapes_included(int states, int rows, int columns)
    {
        var matrix = Matrix(rows, columns, states, new Random(rows));
        var bytes = TiledEncoder.Encode(matrix);
        Assert.Equal(bytes, TiledEncoder.Encode(matrix));
        fixed (byte* data = bytes)
        {
            var view = new TiledView("w", data, bytes.Length, rows, columns, states);
            Assert.True(rows < 64 || view.EscapeStarts[4 * view.Groups] > 0);
            var values = new float[columns];
            for (var i = 0; i < rows; i++)
            {
                fixed (float* v = values)
                {
                    TiledRow.Dequantize(view, matrix.RowOrder[i], v);
                }

                var step = MathF.Pow(2, matrix.RowExponents[i] / 4f) / (states == 1 ? 1 : 2);
                for (var j = 0; j < columns; j++)
                {
                    var expected = step * MathF.Pow(2, matrix.ColumnExponents[j] / 8f) * matrix.Codes[((i / 64 * columns) + j) * 64 + (i % 64)];
                    Assert.Equal(expected, values[matrix.ColumnOrder[j]], Math.Abs(expected) * 1e-6);
                }
            }
        }
    }

    [Fact]
    public void A_path_that_is_none_is_refused()
    {
        var matrix = Matrix(64, 64, 8, new Random(1));
        matrix.Codes[64 * 10] ^= 1;
        Assert.Contains("not on a path", Assert.Throws<InvalidOperationException>(() => TiledEncoder.Encode(matrix)).Message);
    }

    [Fact]
    public void A_width_out_of_range_is_refused()
    {
        var matrix = Matrix(64, 64, 1, new Random(1));
        matrix.Widths[0] = 9;
        Assert.Throws<InvalidOperationException>(() => TiledEncoder.Encode(matrix));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(8, false)]
    [InlineData(8, true)]
    public void A_pack_with_tiled_weights_multiplies(int states, bool floats)
    {
        const int Rows = 100, Columns = 200;
        var matrix = Matrix(Rows, Columns, states, new Random(2));
        var stream = new MemoryStream();
        var writer = new PackWriter(stream, 1, CancellationToken.None);
        writer.AddTensor("w", TiledEncoder.Format(matrix), Rows, Columns, TiledEncoder.Encode(matrix));
        var hash = writer.Finish();
        var bytes = stream.ToArray();
        fixed (byte* p = bytes)
        {
            var shape = new ModelShape(16, 64, 512, 256, 1, 1, 8, 8);
            using var model = LoadedModel.Open(p, bytes.Length, "test", hash, shape, new ModelOptions { Threads = 1 }, null);
            using var pool = new WorkerPool(2);
            using var k = new Executor(shape, pool, KernelSet.Auto, floats);
            k.Begin(new int[3], []);
            Activations x = k.Buffer(0, Columns), y = k.Buffer(Columns, 2 * Rows);
            var random = new Random(4);
            for (var i = 0; i < 3 * Columns; i++)
            {
                x.Data[i] = random.NextSingle() - 0.5f;
            }

            k.Linear(x, y, model.Weights[0], model.Weights[0]);
            var weight = model.Weights[0].Dequantize();
            for (var i = 0; i < 3 * Rows; i++)
            {
                double sum = 0, error = 0;
                for (var block = 0; block < Columns; block += 64)
                {
                    // An int8 activation c·x is off by half a step at most: 1/254 of the block's largest one.
                    var columns = Enumerable.Range(block, Math.Min(64, Columns - block)).ToList();
                    double Scaled(int p) => x.Token(i / Rows)[matrix.ColumnOrder[p]] * Math.Pow(2, matrix.ColumnExponents[p] / 8.0);
                    double W(int p) => weight[((i % Rows) * Columns) + matrix.ColumnOrder[p]] / Math.Pow(2, matrix.ColumnExponents[p] / 8.0);
                    sum += columns.Sum(p => W(p) * Scaled(p));
                    error += columns.Sum(p => Math.Abs(W(p))) * columns.Max(p => Math.Abs(Scaled(p)));
                }

                var actual = y.Token(i / Rows)[i % Rows];
                Assert.Equal(sum, actual, error * (floats ? 1e-6 : 1.001 / 254));
                Assert.Equal(actual, y.Token(i / Rows)[Rows + (i % Rows)]);
            }
        }
    }

    /// <summary>Random widths and codes, one in a hundred beyond its tile's width.</summary>
    private static TiledMatrix Matrix(int rows, int columns, int states, Random random)
    {
        int groups = (rows + 63) / 64, blocks = (columns + 63) / 64;
        int[] rowOrder = [.. Enumerable.Range(0, rows)], columnOrder = [.. Enumerable.Range(0, columns)];
        random.Shuffle(rowOrder);
        random.Shuffle(columnOrder);
        var matrix = new TiledMatrix
        {
            Rows = rows,
            Columns = columns,
            States = states,
            RowOrder = rowOrder,
            ColumnOrder = columnOrder,
            RowExponents = [.. Enumerable.Range(0, rows).Select(_ => random.Next(-40, 9))],
            ColumnExponents = [.. Enumerable.Range(0, columns).Select(_ => random.Next(-16, 17))],
            RowClasses = new int[groups],
            ColumnClasses = new int[columns],
            Widths = [.. Enumerable.Range(0, groups * blocks).Select(_ => (byte)random.Next(2, 9))],
            Codes = new short[groups * columns * 64],
        };
        for (var i = 0; i < rows; i++)
        {
            var path = 0;
            for (var j = 0; j < columns; j++)
            {
                var (low, high) = TiledMatrix.Range(matrix.Widths[(i / 64 * blocks) + (j / 64)], states);
                var code = random.Next(low, high + 1) + (random.Next(100) == 0 ? 4 * random.Next(-1000, 1000) : 0);
                if (states != 1)
                {
                    var branch = random.Next(2);
                    code = TrellisPath.Integer(code >> 2, branch, path, states);
                    path = (path << 1) | branch;
                }

                matrix.Codes[((i / 64 * columns) + j) * 64 + (i % 64)] = (short)code;
            }
        }

        return matrix;
    }
}
