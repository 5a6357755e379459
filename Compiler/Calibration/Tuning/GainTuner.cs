using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Tuning;

/// <summary>What tuning found, rounded as the pack keeps it.</summary>
/// <param name="Gains">Norm gains by name, values of f16.</param>
/// <param name="RowSteps">Change of each row's step in 1/64 octave, by the matrix's name.</param>
/// <param name="Divergence">Mean divergence of each step's windows, nats per token.</param>
internal sealed record TunedGains(IReadOnlyDictionary<string, float[]> Gains, IReadOnlyDictionary<string, int[]> RowSteps, IReadOnlyList<double> Divergence);

/// <summary>
/// Tunes norm gains and row steps of a quantised model against the model by KL divergence (reference/quantiser.md, item 9): Adam, some tens of steps of two windows.
/// What steps and rates are worth: docs/compression-ingredients.md.
/// </summary>
internal sealed unsafe class GainTuner : IDisposable
{
    private const int WindowsPerStep = 2;
    private const int WarmUp = 5;
    private const double LastRate = 0.05;
    private const double Log2E = 1.4426950408889634074;

    private readonly GraphEngine _teacher;
    private readonly HeadPass _teacherHead;
    private readonly GraphEngine _student;
    private readonly HeadPass _studentHead;
    private readonly TunedWeights _tuned;

    /// <param name="graph">The model's graph.</param>
    /// <param name="weights">Its own values.</param>
    /// <param name="quantized">The quantised values.</param>
    /// <param name="gains">Names of the norm gains that may change.</param>
    /// <param name="matrices">Names of the matrices whose rows may change.</param>
    /// <param name="workers">Threads; the result does not depend on them.</param>
    public GainTuner(Graph graph, IWeightValues weights, IWeightValues quantized, IReadOnlySet<string> gains, IReadOnlySet<string> matrices, Workers workers)
    {
        _tuned = new(quantized);
        foreach (var gain in graph.Nodes.Select(n => (n.Op as RmsNormOp)?.Gain).OfType<WeightRef>().Where(g => gains.Contains(g.Name)))
        {
            var values = new float[gain.Columns];
            quantized.ReadRow(gain, 0, values);
            _tuned.Gains[gain.Name] = values;
        }

        foreach (var matrix in LinearRoles.Of(graph).Where(r => r.Value != LinearRole.Head && matrices.Contains(r.Key.Name)).Select(r => r.Key))
        {
            _tuned.RowLogs[matrix.Name] = new float[matrix.Rows];
        }

        _teacher = new(graph, weights, workers);
        _teacherHead = new(_teacher);
        _student = new(graph, _tuned, workers);
        _studentHead = new(_student);
    }

    /// <summary>Adam's rate for gains, by which each may change in a step; for rows half as much.</summary>
    public double Rate { get; init; } = 3e-4;

    /// <summary>Runs the steps over the windows in turns.</summary>
    public TunedGains Run(WindowSet windows, int steps, Action<double> progress)
    {
        Adam rows = new(Rate / 2), gains = new(Rate);
        var divergences = new List<double>();
        var each = Math.Min(WindowsPerStep, windows.Count);
        for (var step = 0; step < steps; step++)
        {
            var batch = windows.Range(step * each % (windows.Count - each + 1), each);
            var gradients = new TuningGradients(_tuned);
            divergences.Add(Step(batch, gradients));
            var factor = Schedule(step, steps);
            rows.Step(_tuned.RowLogs, gradients.RowLogs, factor);
            gains.Step(_tuned.Gains, gradients.Gains, factor);
            progress((step + 1.0) / steps);
        }

        return new(
            _tuned.Gains.ToDictionary(g => g.Key, g => g.Value.Select(v => (float)(Half)v).ToArray()),
            _tuned.RowLogs.ToDictionary(r => r.Key, r => r.Value.Select(v => (int)Math.Round(v * Log2E * 64)).ToArray()),
            divergences);
    }

    public void Dispose()
    {
        _studentHead.Dispose();
        _student.Dispose();
        _teacherHead.Dispose();
        _teacher.Dispose();
    }

    /// <summary>A warm-up, then half a cosine down to a twentieth.</summary>
    private static double Schedule(int step, int steps)
    {
        var cosine = Trigonometry.SinCos(Math.PI * step / steps).Cos;
        return Math.Min(1, (step + 1.0) / WarmUp) * ((0.5 * (1 + cosine) * (1 - LastRate)) + LastRate);
    }

    private double Step(WindowSet batch, TuningGradients gradients)
    {
        _teacher.Forward(batch, keep: 0, observer: null);
        _student.Forward(batch, keep: batch.Count, observer: null);
        double sum = 0;
        for (var b = 0; b < _student.BatchCount; b++)
        {
            var tokens = _student.BatchIds(b).Length;
            for (var t = 0; t < tokens; t += HeadPass.ChunkTokens)
            {
                var count = Math.Min(HeadPass.ChunkTokens, tokens - t);
                var at = (nint)t * _studentHead.Width;
                float* expected = _teacherHead.Logits(_teacher.HeadInput(b) + at, count), logits = _studentHead.Logits(_student.HeadInput(b) + at, count);
                sum += LossGradient(expected, logits, count, 1f / batch.Tokens);
                _studentHead.Back(_student.HeadInputGradient(b) + at, count);
            }
        }

        // Row factors and gains change with every step, and with them the panels.
        _student.Matrices.Clear();
        _student.Backward(gradients);
        return sum / batch.Tokens;
    }

    /// <summary>Logits become the gradient of the mean divergence, (softmax(logits) − softmax(expected)) · scale; returns the divergences' sum.</summary>
    private double LossGradient(float* expected, float* logits, int tokens, float scale)
    {
        var divergences = new double[tokens];
        var vocabulary = _studentHead.Vocabulary;
        var kernels = _student.Kernels;
        _student.Workers.Run(tokens, (t, _) =>
        {
            float* e = expected + ((nint)t * vocabulary), l = logits + ((nint)t * vocabulary);
            divergences[t] = DivergenceKernel.Compare(kernels, new(e, vocabulary), new(l, vocabulary), -1).Divergence;
            LaneDispatch.Run(kernels, new SoftmaxDifference((nint)e, (nint)l, vocabulary, scale));
        });
        return divergences.Sum();
    }

    private readonly struct SoftmaxDifference(nint expected, nint logits, int count, float scale) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            float* e = (float*)expected, l = (float*)logits;
            SoftmaxKernel.Run<L>(e, count, 1f);
            SoftmaxKernel.Run<L>(l, count, 1f);
            for (var i = 0; i < count; i++)
            {
                l[i] = (l[i] - e[i]) * scale;
            }
        }
    }
}
