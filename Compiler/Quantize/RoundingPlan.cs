using ModelPack.Kernels;

namespace ModelPack.Compiler.Quantize;

/// <summary>What is the same for all rows of a row group while they are rounded.</summary>
internal sealed class RoundingPlan(ColumnBasis basis, int states, RateTables tables)
{
    /// <summary>Beyond any code: rounding without bounds.</summary>
    public const float Unbounded = 1 << 20;

    /// <summary>Largest magnitude that is rounded to, so that codes stay within 16 bits.</summary>
    public const float LargestCode = 32000;

    public ColumnBasis Basis => basis;

    public int States => states;

    /// <summary>[classes, 2, codes].</summary>
    public float[] Bits => tables.Bits;

    /// <summary>[columns]: where the column's tables start in <see cref="Bits"/>.</summary>
    public int[] Table { get; } = new int[basis.Columns];

    /// <summary>[blocks of 64 columns]: smallest and largest code that the tile holds.</summary>
    public (float Low, float High)[] Bounds { get; } = [.. Enumerable.Repeat((-Unbounded, Unbounded), (basis.Columns + TiledMatrix.TileColumns - 1) / TiledMatrix.TileColumns)];

    /// <summary>What a code outside costs beyond its bits.</summary>
    public float EscapeBits { get; init; }

    public int RowsPerBatch => RoundingBatch.Lanes / states;

    /// <summary>Sets the tables of a row group's class.</summary>
    public void SetClass(int rowClass, int[] columnClasses)
    {
        for (var j = 0; j < Table.Length; j++)
        {
            Table[j] = RateTables.Clamp(rowClass, columnClasses[j]) * 2 * RateTables.Codes;
        }
    }

    /// <summary>Rounds a batch whose <see cref="RoundingBatch.Target"/>, <see cref="RoundingBatch.Weight"/> and <see cref="RoundingBatch.Metric"/> are set.</summary>
    public void Round(RoundingBatch batch, KernelSet kernels)
    {
        switch (kernels)
        {
            case KernelSet.Avx512 when System.Runtime.Intrinsics.X86.Avx512BW.IsSupported:
                Rounding<Avx512Lanes, Survivors512>.Run(batch, this);
                break;
            case KernelSet.Avx2 or KernelSet.AvxVnni when System.Runtime.Intrinsics.X86.Avx2.IsSupported:
                Rounding<Avx2Lanes, Survivors256>.Run(batch, this);
                break;
            case KernelSet.AdvSimd when System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported:
                Rounding<AdvSimdLanes, PlainSurvivors<AdvSimdLanes>>.Run(batch, this);
                break;
            default:
                Rounding<ScalarLanes, PlainSurvivors<ScalarLanes>>.Run(batch, this);
                break;
        }
    }
}
