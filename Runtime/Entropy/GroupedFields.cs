using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>What the scales of a grouped weight fall apart into: fields of 16 bits, each coded by itself.</summary>
/// <param name="IsSuper">One of the f16 per 256 columns of a two-level format.</param>
/// <param name="IsMinimum">A minimum.</param>
/// <param name="Bytes">1 or 2 bytes of the stored value.</param>
/// <param name="Offset">0; 2 for the upper half of an f32.</param>
/// <param name="Scale">Index of the scale that tells of a minimum, or −1.</param>
internal readonly record struct GroupedField(bool IsSuper, bool IsMinimum, int Bytes, int Offset, int Scale)
{
    /// <summary>The fields of a format, in the order of the streams.</summary>
    public static GroupedField[] Of(WeightFormat format)
    {
        var fields = new List<GroupedField>();
        if (format.Scale == ScaleKind.TwoLevel)
        {
            Add(isSuper: true, ScaleKind.F16);
        }

        Add(isSuper: false, format.Scale);
        return [.. fields];

        void Add(bool isSuper, ScaleKind kind)
        {
            var first = fields.Count;
            for (var minimum = 0; minimum < (format.HasMinimum ? 2 : 1); minimum++)
            {
                var scale = minimum == 0 ? -1 : first;
                if (kind == ScaleKind.F32)
                {
                    // The upper half first: a minimum's is told from the scale's.
                    fields.Add(new(isSuper, minimum != 0, 2, 2, scale));
                    fields.Add(new(isSuper, minimum != 0, 2, 0, -1));
                }
                else
                {
                    fields.Add(new(isSuper, minimum != 0, kind == ScaleKind.F16 ? 2 : 1, 0, scale));
                }
            }
        }
    }

    /// <summary>Times that 16 values of it come in a row group.</summary>
    public int Occurrences(in GroupedLayout layout)
    {
        var count = 0;
        for (var u = 0; u < layout.Units; u++)
        {
            count += IsSuper ? (layout.HasSuper(u) ? 1 : 0) : layout.HasScales(u) ? layout.GroupsPerUnit : 0;
        }

        return count;
    }
}
