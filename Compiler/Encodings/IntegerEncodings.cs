using System.Numerics;
using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>Signed integers; resident as f32, where that is exact.</summary>
internal abstract class IntegerEncoding<T>(string name, int ggmlId) : PlainEncoding<T>(name, ggmlId, PlainType.F32)
    where T : unmanaged, IBinaryInteger<T>
{
    protected override float ToSingle(T value) => float.CreateChecked(value);

    public override long FirstNonFinite(ReadOnlySpan<byte> row) => -1;

    /// <summary>An f32 holds 24 consecutive bits: from the highest one bit of the magnitude to the lowest.</summary>
    public override long FirstInexact(ReadOnlySpan<byte> row)
    {
        var elements = Elements(row);
        for (var i = 0; i < elements.Length; i++)
        {
            var value = long.CreateChecked(elements[i]);
            var magnitude = value < 0 ? 0UL - (ulong)value : (ulong)value;
            if (magnitude >> 24 != 0 && 64 - BitOperations.LeadingZeroCount(magnitude) - BitOperations.TrailingZeroCount(magnitude) > 24)
            {
                return i;
            }
        }

        return -1;
    }
}

internal sealed class I8() : IntegerEncoding<sbyte>("I8", 24);

internal sealed class I16() : IntegerEncoding<short>("I16", 25);

internal sealed class I32() : IntegerEncoding<int>("I32", 26);

internal sealed class I64() : IntegerEncoding<long>("I64", 27);
