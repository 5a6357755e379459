namespace ModelPack.Entropy;

/// <summary>Adaptive binary range decoder, as in LZMA (I. Pavlov, public domain) without its leading zero byte. Behind the end come zeros, and <see cref="Finish"/> tells.</summary>
internal ref struct BinaryDecoder
{
    private readonly ReadOnlySpan<byte> _bytes;
    private uint _range = uint.MaxValue;
    private uint _code;
    private int _at;

    public BinaryDecoder(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        for (var i = 0; i < 4; i++)
        {
            _code = (_code << 8) | Next();
        }
    }

    public bool Bit(ref ushort zero)
    {
        var bound = (_range >> BinaryModel.ProbabilityBits) * zero;
        var one = _code >= bound;
        if (one)
        {
            _code -= bound;
            _range -= bound;
        }
        else
        {
            _range = bound;
        }

        BinaryModel.Adapt(ref zero, one);
        while (_range < BinaryModel.Bottom)
        {
            _range <<= 8;
            _code = (_code << 8) | Next();
        }

        return one;
    }

    /// <summary>A number of few bits, from the highest: a probability for each node of a tree.</summary>
    /// <param name="tree">2^bits probabilities.</param>
    /// <param name="bits">Of the number.</param>
    public int Tree(Span<ushort> tree, int bits)
    {
        var node = 1;
        for (var i = 0; i < bits; i++)
        {
            node = (node << 1) | (Bit(ref tree[node]) ? 1 : 0);
        }

        return node - (1 << bits);
    }

    public uint Number(NumberModel model)
    {
        var length = 1;
        while (length < NumberModel.MaxBits && Bit(ref model.Lengths[length]))
        {
            length++;
        }

        ulong value = 1;
        for (var bit = length - 2; bit >= 0; bit--)
        {
            value = (value << 1) | (Bit(ref model.Bits[(length * NumberModel.MaxBits) + bit]) ? 1u : 0);
        }

        return (uint)(value - 1);
    }

    public int Signed(NumberModel model) => NumberModel.UnZigZag(Number(model));

    /// <exception cref="CorruptStreamException">Other bytes were there than were used.</exception>
    public readonly void Finish()
    {
        if (_at != _bytes.Length)
        {
            throw new CorruptStreamException($"side information of {_bytes.Length} bytes is used up to {_at}");
        }
    }

    private byte Next()
    {
        var at = _at++;
        return at < _bytes.Length ? _bytes[at] : (byte)0;
    }
}
