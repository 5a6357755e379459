using System.Runtime.InteropServices;

namespace ModelPack.Compiler.Quantize;

/// <summary>What a lane's state decides, for 16 lanes: [field][16], the same in every vector of a batch.</summary>
internal sealed unsafe class LaneConstants
{
    public const int Subset0 = 0, Subset1 = 16, Predecessor0 = 32, Predecessor1 = 48, OddTarget = 64, IndexOffset = 80, IndexLow = 96, IndexHigh = 112, Identity = 128;

    private static readonly LaneConstants s_scalar = new(1), s_four = new(4), s_eight = new(8);

    private LaneConstants(int states)
    {
        Values = (float*)NativeMemory.AlignedAlloc(144 * sizeof(float), 64);
        for (var l = 0; l < 16; l++)
        {
            var state = l % states;
            var parity = Trellis.Subset(states, state, 0) & 1;
            Values[Subset0 + l] = Trellis.Subset(states, state, 0);
            Values[Subset1 + l] = Trellis.Subset(states, state, 1);
            Bits(Predecessor0 + l, (l & 7) - ((l & 7) % states) + Trellis.Predecessor(states, state, false) + (l & 8));
            Bits(Predecessor1 + l, (l & 7) - ((l & 7) % states) + Trellis.Predecessor(states, state, true) + (l & 8));
            Values[OddTarget + l] = state & 1;
            // A table holds the codes k of both parities, n = 2 k + parity: index (n − parity) / 2 − lowest, in the parity's part.
            Values[IndexOffset + l] = (-0.5f * parity) - RateTables.Lowest + (parity * RateTables.Codes);
            Values[IndexLow + l] = parity * RateTables.Codes;
            Values[IndexHigh + l] = (parity * RateTables.Codes) + RateTables.Codes - 1;
            Bits(Identity + l, l);
        }
    }

    /// <summary>Never freed: three of them live as long as the process.</summary>
    public float* Values { get; }

    public static LaneConstants Of(int states) => states switch { 8 => s_eight, 4 => s_four, _ => s_scalar };

    private void Bits(int index, int value) => Values[index] = BitConverter.Int32BitsToSingle(value);
}
