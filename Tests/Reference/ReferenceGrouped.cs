using ModelPack.Formats;

namespace ModelPack.Tests.Reference;

/// <summary>
/// The grouped family in plain loops, from the description in GroupedLayout's remarks alone: codes and scales of single elements, and the
/// kernels' expression in its documented order. Slow; shares no code with the kernels.
/// </summary>
internal sealed class ReferenceGrouped
{
    private readonly byte[] _bytes;
    private readonly WeightFormat _format;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _units;
    private readonly int _rowGroupBytes;

    public ReferenceGrouped(byte[] bytes, WeightFormat format, int rows, int columns)
    {
        _bytes = bytes;
        _format = format;
        _rows = rows;
        _columns = columns;
        _units = (columns + 31) / 32;
        _rowGroupBytes = Enumerable.Range(0, _units).Sum(u => Header(u) + (64 * format.CodeBits));
        Assert.Equal(bytes.Length, _rowGroupBytes * ((rows + 15) / 16));
    }

    private int Part => _format.HasMinimum ? 2 : 1;

    private int Groups => _format.GroupColumns == 16 ? 2 : 1;

    private int ScaleBytes => _format.Scale switch { ScaleKind.F16 => 2, ScaleKind.F32 => 4, _ => 1 };

    private bool HasSuper(int unit) => _format.Scale == ScaleKind.TwoLevel && unit % 8 == 0;

    private bool HasScale(int unit) => _format.GroupColumns <= 32 || unit * 32 % _format.GroupColumns == 0;

    private int Header(int unit) => (HasSuper(unit) ? 32 * Part : 0) + (HasScale(unit) ? 16 * ScaleBytes * Part * Groups : 0);

    private int UnitStart(int row, int unit)
    {
        var at = row / 16 * _rowGroupBytes;
        for (var u = 0; u < unit; u++)
        {
            at += Header(u) + (64 * _format.CodeBits);
        }

        return at;
    }

    public float Scale(int row, int column, bool minimum)
    {
        if (minimum && !_format.HasMinimum)
        {
            return 0f;
        }

        var unit = column / 32;
        while (!HasScale(unit))
        {
            unit--;
        }

        var part = _format.GroupColumns == 16 ? column % 32 / 16 : 0;
        var at = UnitStart(row, unit) + (HasSuper(unit) ? 32 * Part : 0);
        at += ((part * Part) + (minimum ? 1 : 0)) * 16 * ScaleBytes;
        at += row % 16 * ScaleBytes;
        switch (_format.Scale)
        {
            case ScaleKind.F16:
                return (float)BitConverter.ToHalf(_bytes, at);
            case ScaleKind.F32:
                return BitConverter.ToSingle(_bytes, at);
            case ScaleKind.PowerOfTwo:
                return (float)Math.Pow(2, _bytes[at] - 128);
            default:
                var super = UnitStart(row, unit / 8 * 8) + (minimum ? 32 : 0) + (row % 16 * 2);
                return (float)BitConverter.ToHalf(_bytes, super) * (sbyte)_bytes[at];
        }
    }

    /// <summary>The signed value that is multiplied by the scale.</summary>
    public int Value(int row, int column)
    {
        var unit = column / 32;
        var planes = UnitStart(row, unit) + Header(unit);
        int quad = column % 32 / 4, place = (row % 16 * 4) + (column % 4), bits = _format.CodeBits;
        if (bits == 8)
        {
            return _bytes[planes + (64 * quad) + place] - _format.Offset;
        }

        int code = 0, width = 0;
        if (bits >= 4)
        {
            code = (_bytes[planes + (64 * (quad / 2)) + place] >> (4 * (quad % 2))) & 15;
            planes += 256;
            width = 4;
        }

        if ((bits & 2) != 0)
        {
            code += ((_bytes[planes + (64 * (quad / 4)) + place] >> (2 * (quad % 4))) & 3) << width;
            planes += 128;
            width += 2;
        }

        if ((bits & 1) != 0)
        {
            code += ((_bytes[planes + place] >> quad) & 1) << width;
        }

        return _format.Codebook == CodebookId.None ? code - _format.Offset : Codebooks.Of(_format.Codebook)[code];
    }

    public float Dequantized(int row, int column) => MathF.FusedMultiplyAdd(Scale(row, column, false), Value(row, column), Scale(row, column, true));

    /// <summary>W·a with int8 activations, one token, in the documented order.</summary>
    public float[] MultiplyInt8(sbyte[] a, float[] steps)
    {
        var y = new float[_rows];
        var width = Math.Min((int)_format.GroupColumns, 32);
        for (var row = 0; row < _rows; row++)
        {
            float acc = 0f, min = 0f;
            for (var start = 0; start < _units * 32; start += width)
            {
                int dot = 0, sum = 0;
                for (var c = start; c < start + width; c++)
                {
                    dot += Value(row, c) * a[c];
                    sum += a[c];
                }

                acc = MathF.FusedMultiplyAdd(Scale(row, start, false), dot * steps[start / 32], acc);
                min = MathF.FusedMultiplyAdd(Scale(row, start, true), steps[start / 32] * sum, min);
            }

            y[row] = _format.HasMinimum ? acc + min : acc;
        }

        return y;
    }

    /// <summary>W·x with f32 activations in the documented order.</summary>
    public float[] MultiplyFloat(float[] x)
    {
        var y = new float[_rows];
        var width = Math.Min((int)_format.GroupColumns, 32);
        for (var row = 0; row < _rows; row++)
        {
            float acc = 0f, min = 0f;
            for (var start = 0; start < _columns; start += width)
            {
                float dot = 0f, sum = 0f;
                for (var c = start; c < Math.Min(start + width, _columns); c++)
                {
                    dot = MathF.FusedMultiplyAdd(Value(row, c), x[c], dot);
                    sum += x[c];
                }

                acc = MathF.FusedMultiplyAdd(Scale(row, start, false), dot, acc);
                min = MathF.FusedMultiplyAdd(Scale(row, start, true), sum, min);
            }

            y[row] = _format.HasMinimum ? acc + min : acc;
        }

        return y;
    }
}
