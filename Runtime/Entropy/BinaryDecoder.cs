using System.Runtime.CompilerServices;

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
        var (range, code) = (_range, _code);
        var one = Bit(ref range, ref code, ref zero);
        (_range, _code) = (range, code);
        return one;
    }

    /// <summary>A number of few bits, from the highest: a probability for each node of a tree.</summary>
    /// <param name="tree">2^bits probabilities.</param>
    /// <param name="bits">Of the number.</param>
    public int Tree(Span<ushort> tree, int bits)
    {
        var (range, code) = (_range, _code);
        var node = 1;
        for (var i = 0; i < bits; i++)
        {
            node = (node << 1) | (Bit(ref range, ref code, ref tree[node]) ? 1 : 0);
        }

        (_range, _code) = (range, code);
        return node - (1 << bits);
    }

    public uint Number(NumberModel model)
    {
        var (range, code) = (_range, _code);
        var lengths = model.Lengths;
        var length = 1;
        while (length < NumberModel.MaxBits && Bit(ref range, ref code, ref lengths[length]))
        {
            length++;
        }

        var bits = model.Bits.AsSpan(length * NumberModel.MaxBits, NumberModel.MaxBits);
        ulong value = 1;
        for (var bit = length - 2; bit >= 0; bit--)
        {
            value = (value << 1) | (Bit(ref range, ref code, ref bits[bit]) ? 1u : 0);
        }

        (_range, _code) = (range, code);
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

    /// <summary>A decision, with the state in the caller's registers: through memory it would wait for each store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Bit(ref uint range, ref uint code, ref ushort zero)
    {
        var bound = (range >> BinaryModel.ProbabilityBits) * zero;
        var one = code >= bound;
        if (one)
        {
            code -= bound;
            range -= bound;
            BinaryModel.Adapt(ref zero, true);
        }
        else
        {
            range = bound;
            BinaryModel.Adapt(ref zero, false);
        }

        while (range < BinaryModel.Bottom)
        {
            range <<= 8;
            code = (code << 8) | Next();
        }

        return one;
    }

    private byte Next()
    {
        var at = _at++;
        return at < _bytes.Length ? _bytes[at] : (byte)0;
    }
}
