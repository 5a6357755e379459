using System.Numerics;
using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>The counterpart of <see cref="BinaryDecoder"/>.</summary>
internal sealed class BinaryEncoder
{
    private readonly MemoryStream _bytes = new();
    private ulong _low;
    private uint _range = uint.MaxValue;
    private byte _cache;
    private long _pending = 1;

    public void Bit(ref ushort zero, bool one)
    {
        var bound = (_range >> BinaryModel.ProbabilityBits) * zero;
        if (one)
        {
            _low += bound;
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
            Shift();
        }
    }

    public void Tree(Span<ushort> tree, int bits, int value)
    {
        var node = 1;
        for (var i = bits - 1; i >= 0; i--)
        {
            var one = (value >> i & 1) != 0;
            Bit(ref tree[node], one);
            node = (node << 1) | (one ? 1 : 0);
        }
    }

    public void Number(NumberModel model, uint value)
    {
        var v = value + 1UL;
        var length = BitOperations.Log2(v) + 1;
        if (length > NumberModel.MaxBits)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Side information has numbers below 2^32 - 1.");
        }

        for (var i = 1; i < length; i++)
        {
            Bit(ref model.Lengths[i], true);
        }

        if (length < NumberModel.MaxBits)
        {
            Bit(ref model.Lengths[length], false);
        }

        for (var bit = length - 2; bit >= 0; bit--)
        {
            Bit(ref model.Bits[(length * NumberModel.MaxBits) + bit], (v >> bit & 1) != 0);
        }
    }

    public void Signed(NumberModel model, int value) => Number(model, NumberModel.ZigZag(value));

    public byte[] Finish()
    {
        for (var i = 0; i < 5; i++)
        {
            Shift();
        }

        // The first byte is always zero.
        return _bytes.ToArray()[1..];
    }

    private void Shift()
    {
        if ((uint)_low < 0xFF00_0000u || _low >> 32 != 0)
        {
            var carry = (byte)(_low >> 32);
            var next = _cache;
            do
            {
                _bytes.WriteByte((byte)(next + carry));
                next = 0xFF;
            }
            while (--_pending != 0);
            _cache = (byte)((uint)_low >> 24);
        }

        _pending++;
        _low = (uint)_low << 8;
    }
}
