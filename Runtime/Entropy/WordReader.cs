using ModelPack.Execution;

namespace ModelPack.Entropy;

/// <summary>
/// Words of a stream for decoders that read ahead: near the end of the readable memory the rest is copied to where zeros follow, so no decoder ever reads
/// beyond, whatever the stream holds.
/// </summary>
internal unsafe ref struct WordReader
{
    /// <summary>Words that a decoder of one unit (8 steps) may touch.</summary>
    public const int UnitWords = (8 * RansStream.Lanes) + RansStream.Slack;

    private readonly byte* _tail;
    private readonly byte* _readable;
    private ushort* _end;
    private bool _inTail;

    /// <param name="words">First word.</param>
    /// <param name="count">Words of the stream.</param>
    /// <param name="readable">End of the memory that may be read.</param>
    /// <param name="tail">2 · <see cref="UnitWords"/> words of scratch memory.</param>
    public WordReader(ushort* words, uint count, byte* readable, byte* tail)
    {
        Next = words;
        _end = words + count;
        _readable = readable;
        _tail = tail;
    }

    /// <summary>The next word; whoever decodes moves it on.</summary>
    public ushort* Next { get; set; }

    /// <summary>All words have been taken, and no more.</summary>
    public readonly bool IsAtEnd => Next == _end;

    /// <summary>Makes <see cref="UnitWords"/> words readable; false where more words have been taken than there are.</summary>
    public bool Prepare()
    {
        if (Next > _end)
        {
            return false;
        }

        if (!_inTail && _readable - (byte*)Next < UnitWords * sizeof(ushort))
        {
            var left = (long)((byte*)_end - (byte*)Next);
            new Span<byte>(_tail, 2 * UnitWords * sizeof(ushort)).Clear();
            Buffer.MemoryCopy(Next, _tail, UnitWords * sizeof(ushort), left);
            Next = (ushort*)_tail;
            _end = (ushort*)(_tail + left);
            _inTail = true;
        }

        return true;
    }

    /// <summary>Bytes of scratch memory.</summary>
    public static int TailBytes => 2 * UnitWords * sizeof(ushort);
}
