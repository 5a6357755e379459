using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>One block's part of a <see cref="GroupedRow"/>: what a descriptor fills in. Fields that the resident format lacks are left alone.</summary>
internal readonly ref struct GroupedBlock
{
    /// <summary>Unsigned codes, one per element.</summary>
    public required Span<byte> Codes { get; init; }

    /// <summary>Scale per group of columns; not for TwoLevel.</summary>
    public required Span<float> Scales { get; init; }

    /// <summary>Minimum per group of columns, added; not for TwoLevel.</summary>
    public required Span<float> Minima { get; init; }

    /// <summary>TwoLevel: signed factor per group.</summary>
    public required Span<sbyte> SubScales { get; init; }

    /// <summary>TwoLevel: signed factor of the minimum per group, added.</summary>
    public required Span<sbyte> SubMinima { get; init; }

    /// <summary>TwoLevel: one element.</summary>
    public required Span<Half> SuperScale { get; init; }

    /// <summary>TwoLevel: one element.</summary>
    public required Span<Half> SuperMinimum { get; init; }

    /// <summary>Block number <paramref name="block"/> of a row. Two-level encodings have blocks of 256, so a block has one super scale.</summary>
    public static GroupedBlock Of(GroupedRow row, WeightFormat format, int blockElements, int block)
    {
        var groups = blockElements / format.GroupColumns;
        var super = format.Scale == ScaleKind.TwoLevel ? 1 : 0;
        return new GroupedBlock
        {
            Codes = row.Codes.AsSpan(block * blockElements, blockElements),
            Scales = row.Scales.AsSpan(block * groups, groups),
            Minima = row.Minima.AsSpan(block * groups, groups),
            SubScales = row.SubScales.AsSpan(block * groups, groups),
            SubMinima = row.SubMinima.AsSpan(block * groups, groups),
            SuperScale = row.SuperScales.AsSpan(block * super, super),
            SuperMinimum = row.SuperMinima.AsSpan(block * super, super),
        };
    }
}
