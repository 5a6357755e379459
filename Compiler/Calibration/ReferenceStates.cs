using System.Runtime.InteropServices;
using ModelPack.Compiler.Cache;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// What a model says about windows, in f32: the head's inputs at the measured positions, which are kept (in a cache, too: 14 MB for 24 windows of SmolLM2), and the logits,
/// which are computed from them window by window (their 1.2 GB would take longer to read).
/// </summary>
internal sealed unsafe class ReferenceStates : IDisposable
{
    /// <summary>In the key of cached states: change it where the engine's bits change.</summary>
    private const string Version = "reference-states 1";

    private const string Kind = "reference";

    private readonly GraphEngine _engine;
    private readonly HeadPass _head;
    private readonly float[] _states;

    private ReferenceStates(GraphEngine engine, float[] states, int positions)
    {
        (_engine, _states, Positions) = (engine, states, positions);
        _head = new(engine);
    }

    /// <summary>Measured positions of each window: the last ones.</summary>
    public int Positions { get; }

    public int Vocabulary => _head.Vocabulary;

    /// <summary>From the cache, or computed.</summary>
    /// <param name="source">The reference model.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="windows">Windows of text.</param>
    /// <param name="firstMeasured">First position that counts.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="cache">Where states are kept; null: nowhere.</param>
    public static ReferenceStates Open(ModelSource source, Graph graph, WindowSet windows, int firstMeasured, Workers workers, BuildCache? cache)
    {
        var engine = new GraphEngine(graph, new SourceWeights(KernelSets.Resolve(KernelSet.Auto)), workers);
        try
        {
            var positions = windows.Length - firstMeasured;
            var count = checked(windows.Count * positions * engine.Head.Inputs[0].Width);
            var key = cache is null ? default : MeasurementKey.Of(cache, Version, source, windows, $"{windows.Length} {firstMeasured}");
            var states = cache is null ? null : FromCache(cache, key, count);
            if (states is null)
            {
                states = Compute(engine, windows, firstMeasured);
                cache?.Put(key, Kind, stream => stream.Write(MemoryMarshal.AsBytes(states.AsSpan())));
            }

            return new(engine, states, positions);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    private static float[]? FromCache(BuildCache cache, CacheKey key, int count)
    {
        using var stream = cache.TryGet(key, Kind);
        if (stream is null || stream.Length - stream.Position != (long)count * sizeof(float))
        {
            return null;
        }

        var states = new float[count];
        stream.ReadExactly(MemoryMarshal.AsBytes(states.AsSpan()));
        return states;
    }

    /// <summary>Head inputs of an engine at the measured positions, [windows, positions, width].</summary>
    public static float[] Compute(GraphEngine engine, WindowSet windows, int firstMeasured)
    {
        engine.Forward(windows, keep: 0, observer: null);
        int width = engine.Head.Inputs[0].Width, positions = windows.Length - firstMeasured;
        var states = new float[checked(windows.Count * positions * width)];
        var window = 0;
        for (var b = 0; b < engine.BatchCount; b++)
        {
            var h = engine.HeadInput(b);
            for (var t = 0; t < engine.BatchIds(b).Length; t += windows.Length, window++)
            {
                new ReadOnlySpan<float>(h + ((nint)(t + firstMeasured) * width), positions * width).CopyTo(states.AsSpan(window * positions * width));
            }
        }

        return states;
    }

    /// <summary>Logits at a window's measured positions from <paramref name="first"/> on; valid until the next call.</summary>
    /// <param name="window">Which window.</param>
    /// <param name="first">From the first measured position.</param>
    /// <param name="count">At most <see cref="HeadPass.ChunkTokens"/>.</param>
    public ReadOnlySpan<float> Logits(int window, int first, int count)
    {
        fixed (float* h = &_states[((window * Positions) + first) * _head.Width])
        {
            return new(_head.Logits(h, count), count * Vocabulary);
        }
    }

    public void Dispose()
    {
        _head.Dispose();
        _engine.Dispose();
    }
}
