using ModelPack.Formats;

namespace ModelPack.Execution;

/// <summary>A segment on its way from the pack to memory: which chunks are taken, how many are still to come. Each chunk is given out once.</summary>
internal sealed class SegmentLoad(PackSegment segment, nint raw)
{
    private int _next;
    private int _left = segment.Chunks.Length;
    private long _bytes;
    private ModelPackException? _error;
    private volatile bool _done;

    public PackSegment Segment => segment;

    /// <summary>Where the raw bytes are, or will be.</summary>
    public nint Raw => raw;

    /// <summary>Bytes that are there; all when done.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The first thing that went wrong; only looked at when done.</summary>
    public ModelPackException? Error => _error;

    /// <summary>Whether the bytes may be used, or <see cref="Error"/> says why not.</summary>
    public bool IsDone => _done;

    /// <summary>Whether there is a chunk that nobody has taken.</summary>
    public bool HasUnclaimed => Volatile.Read(ref _next) < segment.Chunks.Length;

    /// <summary>Takes the next chunk; false where all are taken.</summary>
    public bool TryClaim(out int chunk)
    {
        chunk = 0;
        if (!HasUnclaimed)
        {
            return false;
        }

        chunk = Interlocked.Increment(ref _next) - 1;
        return chunk < segment.Chunks.Length;
    }

    public void Fail(ModelPackException error) => Interlocked.CompareExchange(ref _error, error, null);

    /// <summary>Counts bytes of a chunk that has been decoded.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Counts a chunk as decoded or failed; true for the last one, whose thread has to call <see cref="Finish"/>.</summary>
    public bool Complete() => Interlocked.Decrement(ref _left) == 0;

    /// <summary>Lets those go on who wait for <see cref="IsDone"/>.</summary>
    public void Finish() => _done = true;
}
