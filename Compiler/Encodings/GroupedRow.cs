using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// One row in the terms of the grouped family; arrays are sized for the row by whoever calls (codes: columns, scales: columns / GroupColumns,
/// super scales: columns / 256 rounded up).
/// </summary>
internal sealed class GroupedRow(int columns, WeightFormat format)
{
    /// <summary>Unsigned codes, one per column, before Offset is subtracted.</summary>
    public byte[] Codes { get; } = new byte[columns];

    /// <summary>Scale per group, as f32; kinds F16, F32 and PowerOfTwo (exactly representable in the kind's own storage).</summary>
    public float[] Scales { get; } = new float[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>Minimum per group (as f32, added), where the format has one; not for TwoLevel.</summary>
    public float[] Minima { get; } = new float[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>TwoLevel: signed factor per group.</summary>
    public sbyte[] SubScales { get; } = new sbyte[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>TwoLevel: signed factor per group for the minimum (for K-quants −m).</summary>
    public sbyte[] SubMinima { get; } = new sbyte[(columns + format.GroupColumns - 1) / format.GroupColumns];

    /// <summary>TwoLevel: f16 bits per 256 columns.</summary>
    public Half[] SuperScales { get; } = new Half[(columns + 255) / 256];

    /// <summary>TwoLevel: f16 bits per 256 columns for the minimum.</summary>
    public Half[] SuperMinima { get; } = new Half[(columns + 255) / 256];
}
