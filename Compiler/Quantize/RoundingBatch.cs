using System.Runtime.InteropServices;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// Working memory of one thread that rounds 64 lanes (rows × states) at a time: four vectors of 16. Positions in memory are [column][64].
/// </summary>
internal sealed unsafe class RoundingBatch : IDisposable
{
    public const int Lanes = 64;
    public const int Vectors = 4;

    private readonly byte* _memory;

    public RoundingBatch(int padded)
    {
        Capacity = padded;
        nuint target = (nuint)padded * Lanes * sizeof(float), codes = (nuint)padded * Lanes * sizeof(short), choices = (nuint)padded * Vectors * sizeof(ushort);
        nuint errors = ColumnBasis.BlockColumns * Lanes * sizeof(float), lanes = Lanes * sizeof(float);
        _memory = (byte*)NativeMemory.AlignedAlloc(target + codes + choices + errors + (4 * lanes) + 64, 64);
        var p = _memory;
        Target = (float*)p;
        Errors = (float*)(p += target);
        Metric = (float*)(p += errors);
        Weight = (float*)(p += lanes);
        Origin = (float*)(p += lanes);
        Last = (float*)(p += lanes);
        Codes = (short*)(p += lanes);
        Choices = (ushort*)(p + codes);
    }

    /// <summary>Columns, padded, for which there is room.</summary>
    public int Capacity { get; }

    /// <summary>[columns][64]: values still to be rounded, in steps, errors of earlier blocks passed on.</summary>
    public float* Target { get; }

    /// <summary>[32][64]: what the columns of this block pass on, negated; in the order of today's survivors.</summary>
    public float* Errors { get; }

    /// <summary>[64]: cost of the best path to each state, in bits.</summary>
    public float* Metric { get; }

    /// <summary>[64]: step² · G / (2 λ).</summary>
    public float* Weight { get; }

    /// <summary>[64]: the lane at the start of the block from which each survivor came, as integer bits.</summary>
    public float* Origin { get; }

    /// <summary>[64]: the lane before the last column from which each survivor came, as integer bits.</summary>
    public float* Last { get; }

    /// <summary>[columns][64]: the code on the branch that survived into each state.</summary>
    public short* Codes { get; }

    /// <summary>[columns][4]: bit l of vector v: the second of the two predecessors survived.</summary>
    public ushort* Choices { get; }

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
