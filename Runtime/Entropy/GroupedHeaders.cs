using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>Walks the scales of row groups in the order in which a resident weight has them; 16 values of every field are taken, or given, where they occur.</summary>
internal unsafe ref struct GroupedHeaders
{
    private const int Rows = GroupedLayout.RowGroupRows;

    private readonly GroupedField[] _fields;
    private readonly GroupedLayout _layout;
    private readonly ushort** _values;
    private readonly bool _reads;

    /// <param name="fields">Of the layout's format.</param>
    /// <param name="layout">Of the weight.</param>
    /// <param name="values">For each field the next values; moved on.</param>
    /// <param name="reads">From the weight into the values; else the other way.</param>
    public GroupedHeaders(GroupedField[] fields, in GroupedLayout layout, ushort** values, bool reads)
    {
        _fields = fields;
        _layout = layout;
        _values = values;
        _reads = reads;
    }

    /// <summary>Handles what lies in front of the codes of a unit; returns where those begin.</summary>
    public readonly byte* Unit(byte* at, int unit)
    {
        if (_layout.HasSuper(unit))
        {
            at = Part(at, isSuper: true, 2);
        }

        if (_layout.HasScales(unit))
        {
            for (var part = 0; part < _layout.GroupsPerUnit; part++)
            {
                at = Part(at, isSuper: false, GroupedLayout.ScaleElementBytes(_layout.Format.Scale));
            }
        }

        return at;
    }

    private readonly byte* Part(byte* at, bool isSuper, int elementBytes)
    {
        for (var f = 0; f < _fields.Length; f++)
        {
            if (_fields[f].IsSuper == isSuper)
            {
                var minimum = _fields[f].IsMinimum ? Rows * elementBytes : 0;
                Copy(at + minimum + _fields[f].Offset, elementBytes, _fields[f].Bytes, _values[f]);
                _values[f] += Rows;
            }
        }

        return at + (Rows * elementBytes * (_layout.Format.HasMinimum ? 2 : 1));
    }

    private readonly void Copy(byte* resident, int stride, int bytes, ushort* values)
    {
        if (stride == 2 && !_reads)
        {
            Unsafe.CopyBlockUnaligned(resident, values, Rows * 2);
            return;
        }

        for (var r = 0; r < Rows; r++)
        {
            var p = resident + (r * stride);
            if (_reads)
            {
                values[r] = bytes == 1 ? *p : (ushort)(p[0] | (p[1] << 8));
                continue;
            }

            p[0] = (byte)values[r];
            if (bytes == 2)
            {
                p[1] = (byte)(values[r] >> 8);
            }
        }
    }
}
