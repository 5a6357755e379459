using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// Checks candidates against the model on windows that calibration did not see: divergence over the second half of each, the reference in f32, computed once.
/// </summary>
internal sealed unsafe class HeldOutEvaluation : IDisposable
{
    private readonly Graph _graph;
    private readonly Workers _workers;
    private readonly WindowSet _windows;
    private readonly GraphEngine _engine;
    private readonly HeadPass _head;
    private readonly float[] _states;

    /// <param name="graph">The model's graph, before or after the passes.</param>
    /// <param name="weights">The model's own values.</param>
    /// <param name="windows">Windows held out.</param>
    /// <param name="workers">Threads.</param>
    public HeldOutEvaluation(Graph graph, IWeightValues weights, WindowSet windows, Workers workers)
    {
        (_graph, _windows, _workers) = (graph, windows, workers);
        _engine = new(graph, weights, workers);
        _head = new(_engine);
        _states = ReferenceStates.Compute(_engine, windows, FirstMeasured);
    }

    /// <summary>How many windows.</summary>
    public int Windows => _windows.Count;

    private int FirstMeasured => _windows.Length / 2;

    private int Positions => _windows.Length - FirstMeasured;

    /// <summary>The divergence of other weights, with float activations: mean, 99th percentile, agreement.</summary>
    /// <param name="weights">For example <see cref="ReplacedWeights"/>.</param>
    public Divergence DivergenceOf(IWeightValues weights)
    {
        using var engine = new GraphEngine(_graph, weights, _workers);
        using var head = new HeadPass(engine);
        var states = ReferenceStates.Compute(engine, _windows, FirstMeasured);
        var result = new Divergence();
        Each((window, first, count, next) =>
        {
            var at = ((window * Positions) + first) * head.Width;
            fixed (float* h = &states[at], r = &_states[at])
            {
                result.AddAll(_workers, new(_head.Logits(r, count), count * head.Vocabulary), new(head.Logits(h, count), count * head.Vocabulary), next);
            }
        });
        return result;
    }

    /// <summary>The divergence of a pack as an application runs it.</summary>
    public Divergence DivergenceOf(DecoderSession session)
    {
        var logits = new float[Positions * _head.Vocabulary];
        var result = new Divergence();
        var loaded = -1;
        Each((window, first, count, next) =>
        {
            if (loaded != window)
            {
                _workers.Cancellation.ThrowIfCancellationRequested();
                var ids = _windows.Ids.AsSpan(window * _windows.Length, _windows.Length);
                session.Truncate(0);
                session.Evaluate(ids[..FirstMeasured]);
                session.EvaluateAll(ids[FirstMeasured..], logits);
                loaded = window;
            }

            fixed (float* r = &_states[((window * Positions) + first) * _head.Width])
            {
                result.AddAll(_workers, new(_head.Logits(r, count), count * _head.Vocabulary), logits.AsSpan(first * _head.Vocabulary, count * _head.Vocabulary), next);
            }
        });
        return result;
    }

    public void Dispose()
    {
        _head.Dispose();
        _engine.Dispose();
    }

    /// <summary>Calls with each run of measured positions: window, first, count, the tokens that came.</summary>
    private void Each(Action<int, int, int, int[]> body)
    {
        for (var w = 0; w < _windows.Count; w++)
        {
            for (var first = 0; first < Positions; first += HeadPass.ChunkTokens)
            {
                var count = Math.Min(HeadPass.ChunkTokens, Positions - first);
                body(w, first, count, _engine.PredictsTokens ? WindowTokens.Next(_windows, w, FirstMeasured + first, count) : [.. Enumerable.Repeat(-1, count)]);
            }
        }
    }
}
