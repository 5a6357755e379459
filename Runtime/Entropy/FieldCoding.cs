using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelPack.Entropy;

/// <summary>
/// How one kind of scale is coded: values of 16 bits, 16 rows at a time. A value v goes, all modulo 2^16, as
/// u = (v / 2^Drop) − (predicted: scale / 2^Drop) − Base, whose upper bits are a symbol of 32 and whose lowest Shift bits are sent as they are.
/// Values for which that is not possible lie beside.
/// </summary>
/// <param name="Shift">0 to 11.</param>
/// <param name="Drop">Low bits that are zero (minima of a model that was bf16 have 3), 0 to 15.</param>
/// <param name="Predicted">A minimum, told from the scale at the same place: in halves, whose bits are nearly a logarithm, that is a ratio.</param>
/// <param name="Base">What is least.</param>
internal readonly record struct FieldCoding(int Shift, int Drop, bool Predicted, ushort Base)
{
    /// <summary>Most raw bits: with 5 coded ones they make 16.</summary>
    public const int MaxShift = 11;

    public const int Symbols = 32;

    /// <summary>Values of one occurrence: 16 rows.</summary>
    public const int Rows = 16;

    /// <exception cref="CorruptStreamException">Out of range.</exception>
    public static FieldCoding Read(ref ByteCursor from, bool mayPredict)
    {
        int shift = from.U8(), drop = from.U8(), predicted = from.U8();
        return shift <= MaxShift && drop < 16 && predicted <= (mayPredict ? 1 : 0)
            ? new(shift, drop, predicted != 0, from.U16())
            : throw new CorruptStreamException($"a scale has shift {shift}, {drop} dropped bits, prediction {predicted}");
    }

    /// <summary>What is coded of a value, before it is divided into symbol and raw bits.</summary>
    public ushort Code(ushort value, ushort scale) => unchecked((ushort)((value >> Drop) - (Predicted ? scale >> Drop : 0) - Base));

    /// <summary>Whether it can be coded.</summary>
    public bool Fits(ushort value, ushort scale) => Code(value, scale) >> Shift < Symbols && value >> Drop << Drop == value;

    /// <summary>Puts values together.</summary>
    /// <param name="symbols">One a value.</param>
    /// <param name="raw">For 16 values Shift words: bit r of word p is bit p of value r.</param>
    /// <param name="scales">At the same places; looked at only where predicted.</param>
    /// <param name="values">Where they go.</param>
    /// <param name="occurrences">Times 16 values.</param>
    public unsafe void Decode(byte* symbols, byte* raw, ushort* scales, ushort* values, int occurrences)
    {
        var rows = Vector256.Create((ushort)1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        for (var i = 0; i < occurrences; i++)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(symbols));
            var u = Vector256.ShiftLeft(Vector256.Create(low, high), Shift);
            for (var p = 0; p < Shift; p++)
            {
                var word = Unsafe.ReadUnaligned<ushort>(raw);
                u |= Vector256.Equals(Vector256.Create(word) & rows, rows) & Vector256.Create((ushort)(1 << p));
                raw += 2;
            }

            u += Vector256.Create(Base);
            if (Predicted)
            {
                u += Vector256.ShiftRightLogical(Vector256.Load(scales), Drop);
                scales += Rows;
            }

            Vector256.Store(Vector256.ShiftLeft(u, Drop), values);
            symbols += Rows;
            values += Rows;
        }
    }
}
