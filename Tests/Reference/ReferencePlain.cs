using ModelPack.Formats;

namespace ModelPack.Tests.Reference;

/// <summary>Rows of floats in plain loops: 16 sums over columns j ≡ lane (mod 16), then halves added.</summary>
internal static class ReferencePlain
{
    public static float Element(byte[] bytes, PlainType type, int index) => type switch
    {
        PlainType.F32 => BitConverter.ToSingle(bytes, index * 4),
        PlainType.F16 => (float)BitConverter.ToHalf(bytes, index * 2),
        _ => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, index * 2) << 16),
    };

    public static void Set(byte[] bytes, PlainType type, int index, float value)
    {
        switch (type)
        {
            case PlainType.F32:
                BitConverter.TryWriteBytes(bytes.AsSpan(index * 4), value);
                break;
            case PlainType.F16:
                BitConverter.TryWriteBytes(bytes.AsSpan(index * 2), (Half)value);
                break;
            default:
                BitConverter.TryWriteBytes(bytes.AsSpan(index * 2), (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                break;
        }
    }

    public static float[] Multiply(byte[] bytes, PlainType type, int rows, int columns, float[] x)
    {
        var y = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            var lanes = new float[16];
            for (var j = 0; j < columns; j++)
            {
                lanes[j % 16] = MathF.FusedMultiplyAdd(Element(bytes, type, (row * columns) + j), x[j], lanes[j % 16]);
            }

            y[row] = Tree(lanes);
        }

        return y;
    }

    /// <summary>The fixed order in which 16 lanes are added.</summary>
    public static float Tree(float[] lanes)
    {
        for (var half = 8; half > 0; half /= 2)
        {
            lanes = [.. Enumerable.Range(0, half).Select(i => lanes[i] + lanes[i + half])];
        }

        return lanes[0];
    }
}
