using System.Diagnostics;
using ModelPack.Formats;
using ModelPack.Platform;

namespace ModelPack.Execution;

/// <summary>
/// Decodes weights when they are first needed. A thread that needs one (<see cref="Require"/>) decodes it, together with whoever else has nothing to do; the pool's idle
/// workers decode ahead in the order of the weights table, which is that of first use, while kernels already run on the weights before.
/// </summary>
/// <remarks>
/// <para>Work is given out chunk by chunk, each once (<see cref="SegmentLoad"/>); a thread that waits for somebody else's chunk takes the next one meanwhile, so nobody idles
/// while anything is left and nothing is waited for but chunks that are being decoded.</para>
/// <para>Disposing waits for the chunks in hand and for readers (<see cref="Enter"/>), then frees the memory; who comes later gets an <see cref="ObjectDisposedException"/>.</para>
/// </remarks>
internal sealed unsafe class WeightLoader : IBackgroundWork, IDisposable
{
    /// <summary>Kernels read whole vectors: some bytes of slack behind each segment.</summary>
    private const int Slack = 64;

    /// <summary>The same with what aligns the next one.</summary>
    public const long MostSlack = 2 * Slack;

    private readonly Weight[] _weights;
    private readonly SegmentLoad[] _loads;
    private readonly NativeBuffer _buffer;
    private readonly ChunkDecoder _decoder;
    private readonly object _gate = new();
    private int _inside;
    private bool _disposed;
    private int _firstUnclaimed;
    private int _left;
    private long _decodedBytes;
    private long _decodeTicks;
    private long _waitTicks;

    /// <param name="pack">Stays mapped until this object is disposed of.</param>
    /// <param name="weights">One for each tensor of the pack.</param>
    /// <param name="file">The file that the pack is mapped from, if it is known.</param>
    /// <param name="kernels">Rung of the entropy decoder.</param>
    /// <param name="expanded">Whether trellis codes become scalar ones as they are decoded; the weights' sizes know it.</param>
    public WeightLoader(Pack pack, Weight[] weights, FileRange? file, KernelSet kernels, bool expanded)
    {
        (_weights, _left) = (weights, weights.Length);
        var segments = pack.Tensors.Select(t => pack.Segments[t.Segment]).ToArray();
        _buffer = new(segments.Zip(weights, Room).Sum(), pressure: false);
        _decoder = new(pack, new(pack.Data, pack.Length, file), kernels, expanded);
        _loads = new SegmentLoad[segments.Length];
        nint next = (nint)_buffer.Pointer;
        for (var i = 0; i < segments.Length; i++)
        {
            _loads[i] = new(segments[i], segments[i].Codec == SegmentCodec.Stored ? (nint)(pack.Data + segments[i].Offset) : next);
            next += (nint)Room(segments[i], weights[i]);
            weights[i].LoadWith(this, i);
        }
    }

    /// <summary>Bytes of decoded weights when all are (weights used in place in the pack are not counted).</summary>
    public long Bytes => _buffer.Bytes;

    /// <summary>Bytes of resident form that have been decoded, or checked where they lie, so far.</summary>
    public long DecodedBytes => Volatile.Read(ref _decodedBytes);

    /// <summary>Seconds of all threads spent decoding.</summary>
    public double DecodeSeconds => (double)Volatile.Read(ref _decodeTicks) / Stopwatch.Frequency;

    /// <summary>Seconds that threads in need of a weight spent until it was there, decoding included.</summary>
    public double WaitSeconds => (double)Volatile.Read(ref _waitTicks) / Stopwatch.Frequency;

    /// <summary>Returns when weight <paramref name="index"/> is decoded.</summary>
    /// <exception cref="ModelPackException">MP5002: a chunk of it is damaged; again at every call.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    public void Require(int index)
    {
        Enter();
        var start = Stopwatch.GetTimestamp();
        try
        {
            var load = _loads[index];
            var spin = default(SpinWait);
            while (!load.IsDone)
            {
                ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), typeof(TextModel));
                if (DecodeOne(index) || DecodeNext())
                {
                    spin.Reset();
                }
                else
                {
                    // Everything is in hand; yields to the thread that has our chunk, but never sleeps for a whole tick.
                    spin.SpinOnce(sleep1Threshold: -1);
                }
            }

            if (load.Error is { } error)
            {
                throw new ModelPackException(error.Code, $"weight '{_weights[index].Name}': {error.Text}");
            }
        }
        finally
        {
            Interlocked.Add(ref _waitTicks, Stopwatch.GetTimestamp() - start);
            Exit();
        }
    }

    /// <summary>Decodes one chunk, the next in order of use; false where there is none left to take.</summary>
    public bool RunOne()
    {
        if (!TryEnter())
        {
            return false;
        }

        try
        {
            return DecodeNext();
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Keeps the weights' memory until <see cref="Exit"/>.</summary>
    /// <exception cref="ObjectDisposedException">It is gone.</exception>
    public void Enter() => ObjectDisposedException.ThrowIf(!TryEnter(), typeof(TextModel));

    public void Exit()
    {
        lock (_gate)
        {
            if (--_inside == 0 && _disposed)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_inside > 0)
            {
                Monitor.Wait(_gate);
            }
        }

        foreach (var weight in _weights)
        {
            weight.Attach(null);
        }

        _decoder.Dispose();
        _buffer.Dispose();
    }

    private static long Room(PackSegment segment, Weight weight) => segment.Codec == SegmentCodec.Stored ? 0 : (weight.ResidentBytes + Slack + 63) / 64 * 64;

    private bool TryEnter()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return false;
            }

            _inside++;
            return true;
        }
    }

    private bool DecodeNext()
    {
        var i = Volatile.Read(ref _firstUnclaimed);
        while (i < _loads.Length && !_loads[i].HasUnclaimed)
        {
            i++;
        }

        // Only a hint where to begin, so it may lag behind.
        Volatile.Write(ref _firstUnclaimed, i);
        for (; i < _loads.Length; i++)
        {
            if (DecodeOne(i))
            {
                return true;
            }
        }

        return false;
    }

    private bool DecodeOne(int index)
    {
        var load = _loads[index];
        if (!load.TryClaim(out var chunk))
        {
            return false;
        }

        var start = Stopwatch.GetTimestamp();
        try
        {
            var bytes = _decoder.Decode(load.Segment, chunk, (byte*)load.Raw);
            load.Add(bytes);
            Interlocked.Add(ref _decodedBytes, bytes);
        }
        catch (ModelPackException e)
        {
            load.Fail(e);
        }
        catch (Exception e)
        {
            // Whatever it is, others wait for this chunk, and a worker must not end the process.
            load.Fail(new(MpCodes.PackCorrupted, $"chunk {chunk} cannot be decoded: {e.Message}", e));
        }

        Interlocked.Add(ref _decodeTicks, Stopwatch.GetTimestamp() - start);
        if (load.Complete())
        {
            End(index, load);
        }

        return true;
    }

    private void End(int index, SegmentLoad load)
    {
        if (load.Error is null)
        {
            try
            {
                _weights[index].Attach((byte*)load.Raw, load.Bytes);
            }
            catch (ModelPackException e)
            {
                load.Fail(e);
            }
        }

        load.Finish();
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _decoder.ReleaseAll();
            _decoder.Dispose();
        }
    }
}
