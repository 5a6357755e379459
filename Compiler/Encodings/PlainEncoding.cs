using System.Numerics;
using System.Runtime.InteropServices;
using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>Elements stored one by one as little-endian <typeparamref name="T"/>.</summary>
internal abstract class PlainEncoding<T>(string name, int ggmlId, PlainType resident) : TensorEncoding
    where T : unmanaged
{
    public sealed override string Name => name;

    public sealed override int GgmlId => ggmlId;

    public sealed override int BlockElements => 1;

    public sealed override unsafe int BlockBytes => sizeof(T);

    public sealed override WeightFormat Resident => WeightFormat.PlainOf(resident);

    protected abstract float ToSingle(T value);

    public override void Dequantize(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var elements = Elements(blocks);
        for (var i = 0; i < elements.Length; i++)
        {
            values[i] = ToSingle(elements[i]);
        }
    }

    public override long FirstNonFinite(ReadOnlySpan<byte> row)
    {
        var elements = Elements(row);
        for (var i = 0; i < elements.Length; i++)
        {
            if (!float.IsFinite(ToSingle(elements[i])))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The row's elements; mapped files need not be aligned for them, which every processor that .NET runs on allows.</summary>
    protected static ReadOnlySpan<T> Elements(ReadOnlySpan<byte> row) => MemoryMarshal.Cast<byte, T>(row);

    /// <summary>Index of the first element whose exponent bits are all ones (infinity or NaN), or −1.</summary>
    protected static long FirstWithAllOf<TBits>(ReadOnlySpan<byte> row, TBits exponent)
        where TBits : unmanaged, IBinaryInteger<TBits>
    {
        var elements = MemoryMarshal.Cast<byte, TBits>(row);
        var mask = Vector.Create(exponent);
        var i = 0;
        while (i <= elements.Length - Vector<TBits>.Count && !Vector.EqualsAny(new Vector<TBits>(elements[i..]) & mask, mask))
        {
            i += Vector<TBits>.Count;
        }

        // Within the vector that has one, or the remainder.
        for (; i < elements.Length; i++)
        {
            if ((elements[i] & exponent) == exponent)
            {
                return i;
            }
        }

        return -1;
    }
}
