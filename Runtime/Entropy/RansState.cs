using System.Runtime.InteropServices;

namespace ModelPack.Entropy;

/// <summary>64 states, the branch bits of 64 paths, and where in the words they are.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RansState
{
    /// <summary>The states.</summary>
    public fixed uint X[RansFormat.States];

    /// <summary>Branch bit of the previous column of each lane, at bit <see cref="RansTable.SymbolShift"/>.</summary>
    public fixed uint Branch1[RansFormat.States];

    /// <summary>The one before.</summary>
    public fixed uint Branch2[RansFormat.States];

    /// <summary>The one before that; stays zero where lsb = b ⊕ b_(j−2) alone (4 states).</summary>
    public fixed uint Branch3[RansFormat.States];

    /// <summary>The next word.</summary>
    public ushort* Words;

    /// <summary>8 trellis states: b_j = lsb ⊕ b_(j−2) ⊕ b_(j−3). Else 4.</summary>
    public bool EightStates;
}
