using System.Collections.Concurrent;
using System.Diagnostics;

namespace ModelPack.Compiler.Quantize;

/// <summary>Quantises all matrices of a model with one λ: some at a time, their row groups shared among threads.</summary>
internal sealed class ModelQuantizer
{
    /// <summary>Weights whose values are in memory at a time, unless one matrix is larger.</summary>
    private const long WeightsAtATime = 16 << 20;

    private readonly QuantizerOptions _options;
    private readonly QuantizerTables _tables;
    private readonly ParallelOptions _parallel;

    private ModelQuantizer(QuantizerOptions options, CancellationToken cancellation)
    {
        _options = options;
        _tables = options.Tables ?? QuantizerTables.Default(options.States);
        _parallel = new() { MaxDegreeOfParallelism = Math.Max(1, options.Threads), CancellationToken = cancellation };
    }

    /// <param name="inputs">All matrices; their order decides nothing.</param>
    /// <param name="options">λ and the rest.</param>
    /// <param name="progress">Told the part done, 0 to 1.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ModelPackException">MP3301, MP2013.</exception>
    public static QuantizedModel Run(IReadOnlyList<MatrixInput> inputs, QuantizerOptions options, Action<double> progress, CancellationToken cancellation) =>
        new ModelQuantizer(options, cancellation).Run(inputs, progress);

    private QuantizedModel Run(IReadOnlyList<MatrixInput> inputs, Action<double> progress)
    {
        var clock = Stopwatch.StartNew();
        long total = Math.Max(1, inputs.Sum(i => i.Weights)), done = 0;
        var matrices = new List<(MatrixInput Input, TiledMatrix Matrix, double Divergence)>();
        for (var first = 0; first < inputs.Count;)
        {
            var count = 1;
            for (var weights = inputs[first].Weights; first + count < inputs.Count && (weights += inputs[first + count].Weights) <= WeightsAtATime; count++)
            {
            }

            var quantizers = Enumerable.Range(first, count).Select(i => Prepare(inputs[i])).ToArray();
            RoundAll(quantizers, part => progress((done + part) / (double)total));
            for (var i = 0; i < count; i++)
            {
                matrices.Add((inputs[first + i], quantizers[i].Result, quantizers[i].ExpectedDivergence));
                done += inputs[first + i].Weights;
            }

            first += count;
        }

        return Finish(matrices, clock);
    }

    private MatrixQuantizer Prepare(MatrixInput input)
    {
        _parallel.CancellationToken.ThrowIfCancellationRequested();
        var vocabulary = input.Kind == MatrixKind.Vocabulary;
        return new(input.Name, input.Values(), input.Statistics, new(_options.Lambda * input.LambdaFactor * (vocabulary ? _options.VocabularyFactor : 1), _options.States)
        {
            ResidentPrice = _options.ResidentPrice,
            EscapeBits = _options.EscapeBits,
            Damping = vocabulary ? Damping.Vocabulary : Damping.Linear,
            Kernels = _options.Kernels,
            Tables = _tables.Of(input.Kind),
            ScalarTables = _tables.Scalar,
        }, _parallel);
    }

    /// <summary>Rounds the row groups of several matrices, each claimed when a thread is free.</summary>
    private void RoundAll(MatrixQuantizer[] quantizers, Action<long> progress)
    {
        var groups = quantizers.SelectMany(q => Enumerable.Range(0, q.Result.RowGroups).Select(g => (Quantizer: q, Group: g))).ToArray();
        var padded = quantizers.Max(q => q.Padded);
        using var free = new BatchPool(padded);
        var gate = new Lock();
        long rounded = 0;
        var next = -1;
        Parallel.For(0, Math.Min(_parallel.MaxDegreeOfParallelism, groups.Length), _parallel, _ =>
        {
            var batch = free.Rent();
            for (int i; (i = Interlocked.Increment(ref next)) < groups.Length;)
            {
                _parallel.CancellationToken.ThrowIfCancellationRequested();
                var (quantizer, group) = groups[i];
                quantizer.Round(group, batch);
                lock (gate)
                {
                    rounded += (long)Math.Min(TiledMatrix.TileRows, quantizer.Result.Rows - (group * TiledMatrix.TileRows)) * quantizer.Result.Columns;
                    progress(rounded);
                }
            }

            free.Return(batch);
        });
    }

    private QuantizedModel Finish(List<(MatrixInput Input, TiledMatrix Matrix, double Divergence)> matrices, Stopwatch clock)
    {
        var counts = new CodeCounts[matrices.Count];
        Parallel.For(0, matrices.Count, _parallel, i =>
        {
            counts[i] = new();
            counts[i].Add(matrices[i].Matrix);
        });
        var byKind = Enum.GetValues<MatrixKind>().ToDictionary(k => k, _ => new CodeCounts());
        for (var i = 0; i < counts.Length; i++)
        {
            byKind[matrices[i].Input.Kind].Add(counts[i]);
        }

        // What a matrix's codes cost in the tables of all.
        var prices = byKind.ToDictionary(p => p.Key, p => p.Value.EntropyBits());
        var shared = matrices.GroupBy(m => m.Matrix.ColumnOrder).ToDictionary(g => g.Key, g => g.Count());
        var result = matrices.Select((m, i) => new QuantizedMatrix(m.Input, m.Matrix, new(
            counts[i].BitsUnder(prices[m.Input.Kind]),
            SideInformation.Own(m.Matrix) + (SideInformation.Columns(m.Matrix) / shared[m.Matrix.ColumnOrder]),
            TileFigures.Bits(m.Matrix), TileFigures.Escapes(m.Matrix), m.Divergence))).ToArray();
        var (linear, vocabulary) = (RateTables.Estimate(_options.States, byKind[MatrixKind.Linear]), RateTables.Estimate(_options.States, byKind[MatrixKind.Vocabulary]));
        return new(result, new(_options.States == 1 ? linear : _tables.Scalar, linear, vocabulary), clock.Elapsed.TotalSeconds);
    }

    /// <summary>One batch for each thread that needs one.</summary>
    private sealed class BatchPool(int padded) : IDisposable
    {
        private readonly ConcurrentBag<RoundingBatch> _all = [];
        private readonly ConcurrentBag<RoundingBatch> _free = [];

        public RoundingBatch Rent()
        {
            if (!_free.TryTake(out var batch))
            {
                _all.Add(batch = new(padded));
            }

            return batch;
        }

        public void Return(RoundingBatch batch) => _free.Add(batch);

        public void Dispose()
        {
            foreach (var batch in _all)
            {
                batch.Dispose();
            }
        }
    }
}
