using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// Measures what the quantiser must know: second moments of linears' inputs over all windows, squared gradients at their outputs over the first ones (K-FAC's two factors,
/// Martens and Grosse 2015; labels drawn from the model). One pass forward, one back; see <see cref="GraphEngine"/> for memory.
/// </summary>
internal sealed unsafe class Calibrator : IDisposable
{
    private readonly Graph _graph;
    private readonly GraphEngine _engine;
    private readonly CalibrationOptions _options;
    private readonly Action<double> _progress;
    private readonly RawStatistics _result = new();
    private double _done;

    private Calibrator(Graph graph, GraphEngine engine, CalibrationOptions options, Action<double> progress) => (_graph, _engine, _options, _progress) = (graph, engine, options, progress);

    /// <param name="graph">Before or after the passes.</param>
    /// <param name="weights">The model's values.</param>
    /// <param name="windows">Gradient windows first (<see cref="CalibrationWindows"/>).</param>
    /// <param name="options">How many windows to use of those.</param>
    /// <param name="workers">Threads; results do not depend on them.</param>
    /// <param name="progress">Told the part done.</param>
    /// <param name="kernels">Rung; results do not depend on it.</param>
    /// <param name="width">Registers of the products; results do not depend on it.</param>
    /// <exception cref="ModelPackException">MP3403, MP3404.</exception>
    public static RawStatistics Run(
        Graph graph, IWeightValues weights, WindowSet windows, CalibrationOptions options, Workers workers, Action<double> progress, KernelSet kernels = KernelSet.Auto, GemmWidth width = GemmWidth.Auto)
    {
        using var engine = new GraphEngine(graph, weights, workers, kernels, width);
        using var calibrator = new Calibrator(graph, engine, options, progress);
        return calibrator.Run(windows.Range(0, Math.Min(options.MomentWindows, windows.Count)));
    }

    public void Dispose() => _engine.Dispose();

    private RawStatistics Run(WindowSet windows)
    {
        var gradientWindows = Math.Min(_options.GradientWindows, windows.Count);
        var moments = new MomentCollector();
        // Forward costs one product and half of one a weight, back three (two of them the forward that is computed anew and its gradient).
        double forward = 1.5 * windows.Count / _engine.SegmentCount, back = 2.0 * gradientWindows / _engine.SegmentCount, head = 1.0 * gradientWindows, total = (1.5 * windows.Count) + (3.0 * gradientWindows);
        _engine.Forward(windows, gradientWindows, moments, segment =>
        {
            TakeInputs(segment.Nodes, moments);
            Advance(forward / total);
        });
        Head(moments);
        Advance(head / total);
        var gradients = new GradientCollector();
        _engine.Backward(gradients, segment =>
        {
            TakeRows(segment, gradients);
            Advance(back / total);
        });
        return _result;
    }

    private void Advance(double part) => _progress(Math.Min(1, _done += part));

    private void TakeInputs(IEnumerable<Node> nodes, MomentCollector moments)
    {
        foreach (var group in nodes.Where(n => Matrices(n.Op).Length > 0).GroupBy(n => n.Inputs[0].Id))
        {
            var (columns, values) = moments.Take(group.First().Inputs[0]);
            _result.Inputs.Add(new([.. group.SelectMany(n => Matrices(n.Op)).Select(m => m.Name)], columns, values));
        }
    }

    private void TakeRows(GraphSegment segment, GradientCollector gradients)
    {
        foreach (var node in segment.Nodes)
        {
            foreach (var matrix in Matrices(node.Op))
            {
                _result.RowSquares[matrix.Name] = gradients.TakeRows(matrix);
            }

            if (node.Op is EmbeddingOp embedding)
            {
                if (!_engine.PredictsTokens)
                {
                    // Predictions then tell nothing of how often a token is looked up.
                    _result.RowSquares[embedding.Table.Name] = gradients.Frequencies(embedding.Table);
                }

                _result.Lookups[embedding.Table.Name] = gradients.TakeLookup(embedding.Table);
            }
        }
    }

    /// <summary>The head: its input's moments, the labels, and the gradient that goes back from there.</summary>
    private void Head(MomentCollector moments)
    {
        using var pass = new HeadPass(_engine);
        var labels = new SampledLabels(pass.Vocabulary, _options.Seed);
        long first = 0;
        for (var b = 0; b < _engine.BatchCount; b++)
        {
            var ids = _engine.BatchIds(b);
            var h = _engine.HeadInput(b);
            moments.Add(_engine.Gemm, _engine.Workers, _engine.Head.Inputs[0], h, ids.Length, ids);
            for (var t = 0; b < _engine.KeptBatches && t < ids.Length; t += HeadPass.ChunkTokens)
            {
                _engine.Workers.Cancellation.ThrowIfCancellationRequested();
                var count = Math.Min(HeadPass.ChunkTokens, ids.Length - t);
                labels.Apply(_engine, pass.Logits(h + ((nint)t * pass.Width), count), count, first + t);
                pass.Back(_engine.HeadInputGradient(b) + ((nint)t * pass.Width), count);
            }

            first += ids.Length;
        }

        _engine.Matrices.Clear();
        TakeInputs([_engine.Head], moments);
        _result.RowSquares[Matrices(_engine.Head.Op)[0].Name] = labels.Spread();
    }

    private static WeightRef[] Matrices(Op op) => op switch
    {
        LinearOp linear => linear.Matrices,
        LinearAddOp add => [add.Matrix],
        _ => [],
    };
}
