namespace ModelPack.Compiler.Quantize;

/// <summary>What rounding one column needs.</summary>
internal unsafe struct ColumnStep
{
    /// <summary>Bits of the column's codes, both parities.</summary>
    public float* Table;

    /// <summary>See <see cref="LaneConstants"/>.</summary>
    public float* Constants;

    /// <summary>c_j / U_jj: error in steps to what is passed on.</summary>
    public float InverseDiagonal;

    /// <summary>Its square: what an error of one step weighs, beside the row's weight.</summary>
    public float Weight;

    public float Low;
    public float High;
    public float EscapeBits;
}
