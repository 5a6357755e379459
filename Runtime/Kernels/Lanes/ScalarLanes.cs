using System.Runtime.CompilerServices;

namespace ModelPack.Kernels;

/// <summary>Sixteen lanes in plain C#: the reference of every other rung, and the fallback of every processor.</summary>
internal unsafe struct ScalarLanes : ILanes<ScalarLanes>
{
    private Values _v;

    [InlineArray(16)]
    private struct Values
    {
        private float _first;
    }

    public static ScalarLanes Broadcast(float value)
    {
        ScalarLanes r = default;
        for (var i = 0; i < 16; i++)
        {
            r._v[i] = value;
        }

        return r;
    }

    public static ScalarLanes Load(float* source)
    {
        ScalarLanes r = default;
        for (var i = 0; i < 16; i++)
        {
            r._v[i] = source[i];
        }

        return r;
    }

    public static ScalarLanes LoadF16(ushort* source)
    {
        ScalarLanes r = default;
        for (var i = 0; i < 16; i++)
        {
            r._v[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }

        return r;
    }

    public static ScalarLanes LoadBF16(ushort* source)
    {
        ScalarLanes r = default;
        for (var i = 0; i < 16; i++)
        {
            r._v[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }

        return r;
    }

    public static ScalarLanes LoadSByte(sbyte* source)
    {
        ScalarLanes r = default;
        for (var i = 0; i < 16; i++)
        {
            r._v[i] = source[i];
        }

        return r;
    }

    public static ScalarLanes LoadPowerOfTwo(byte* source)
    {
        ScalarLanes r = default;
        for (var i = 0; i < 16; i++)
        {
            r._v[i] = BitConverter.UInt32BitsToSingle(source[i] < 2 ? 0x0020_0000u << source[i] : (uint)(source[i] - 1) << 23);
        }

        return r;
    }

    public static ScalarLanes LoadByteOfDwords(byte* source, int index)
    {
        ScalarLanes r = default;
        for (var i = 0; i < 16; i++)
        {
            r._v[i] = source[(4 * i) + index];
        }

        return r;
    }

    public static void Store(ScalarLanes value, float* target)
    {
        for (var i = 0; i < 16; i++)
        {
            target[i] = value._v[i];
        }
    }

    public static ScalarLanes Add(ScalarLanes a, ScalarLanes b)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] += b._v[i];
        }

        return a;
    }

    public static ScalarLanes Subtract(ScalarLanes a, ScalarLanes b)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] -= b._v[i];
        }

        return a;
    }

    public static ScalarLanes Multiply(ScalarLanes a, ScalarLanes b)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] *= b._v[i];
        }

        return a;
    }

    public static ScalarLanes Divide(ScalarLanes a, ScalarLanes b)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] /= b._v[i];
        }

        return a;
    }

    public static ScalarLanes Madd(ScalarLanes a, ScalarLanes b, ScalarLanes c)
    {
        for (var i = 0; i < 16; i++)
        {
            c._v[i] = MathF.FusedMultiplyAdd(a._v[i], b._v[i], c._v[i]);
        }

        return c;
    }

    public static ScalarLanes Max(ScalarLanes a, ScalarLanes b)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] = a._v[i] > b._v[i] ? a._v[i] : b._v[i];
        }

        return a;
    }

    public static ScalarLanes Min(ScalarLanes a, ScalarLanes b)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] = a._v[i] < b._v[i] ? a._v[i] : b._v[i];
        }

        return a;
    }

    public static ScalarLanes Abs(ScalarLanes a)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] = MathF.Abs(a._v[i]);
        }

        return a;
    }

    public static ScalarLanes SelectLess(ScalarLanes a, ScalarLanes b, ScalarLanes x, ScalarLanes y)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] = a._v[i] < b._v[i] ? x._v[i] : y._v[i];
        }

        return a;
    }

    public static ScalarLanes Round(ScalarLanes a)
    {
        for (var i = 0; i < 16; i++)
        {
            a._v[i] = MathF.Round(a._v[i], MidpointRounding.ToEven);
        }

        return a;
    }

    public static ScalarLanes PowerOfTwo(ScalarLanes n)
    {
        for (var i = 0; i < 16; i++)
        {
            n._v[i] = BitConverter.Int32BitsToSingle(((int)n._v[i] + 127) << 23);
        }

        return n;
    }

    public static void StoreSByte(ScalarLanes value, sbyte* target)
    {
        for (var i = 0; i < 16; i++)
        {
            target[i] = (sbyte)(int)value._v[i];
        }
    }

    public static float Sum(ScalarLanes a)
    {
        for (var half = 8; half > 0; half >>= 1)
        {
            for (var i = 0; i < half; i++)
            {
                a._v[i] += a._v[i + half];
            }
        }

        return a._v[0];
    }

    public static float MaxOf(ScalarLanes a)
    {
        var max = a._v[0];
        for (var i = 1; i < 16; i++)
        {
            max = max > a._v[i] ? max : a._v[i];
        }

        return max;
    }
}
