using System.Runtime.Intrinsics;

namespace ModelPack.Entropy;

/// <summary>What of <see cref="Avx2PlaneRans"/> an instruction set has better means for.</summary>
internal unsafe interface IPlaneLanes
{
    /// <summary>The four bytes of 32 lanes' entries, from the lowest.</summary>
    /// <param name="planes">Of a table.</param>
    /// <param name="index">Buckets.</param>
    /// <param name="place">Places in them.</param>
    /// <param name="b0">Result; the others likewise.</param>
    static abstract void Look(byte* planes, Vector256<byte> index, Vector256<byte> place, out Vector256<byte> b0, out Vector256<byte> b1, out Vector256<byte> b2, out Vector256<byte> b3);

    /// <summary>Stores eight states, those that fell below the bound with a word more; returns the next word.</summary>
    static abstract ushort* Next(uint* to, Vector256<uint> x, ushort* words, byte* spread);
}
