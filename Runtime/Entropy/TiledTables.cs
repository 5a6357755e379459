using System.Runtime.CompilerServices;

namespace ModelPack.Entropy;

/// <summary>
/// The tables of all tiled weights of one kind: one per class, that is 1/4 octave of the codes' deviation. A class is known before a code is decoded: row class of the group plus column class.
/// </summary>
/// <remarks>
/// u8 states (1, 4, 8), i16 lowest class, varint classes (1 to 64), then each: u8 mode, and its frequencies. Mode 0: does not occur; 1: with a trellis, two tables of 32 by the
/// previous branch bit; 2, 3, 4: one table of 64, and 0, 1, 2 low bits sent as they are; 5: as the last one before it that has tables.
/// A scalar code k becomes u = k + 32 · 2^raw, its symbol ⌊u / 2^raw⌋. With a trellis hi becomes u = hi + 16 · 2^raw (8 in a pair), the symbol 2 · ⌊u / 2^raw⌋ + lsb.
/// </remarks>
internal sealed unsafe class TiledTables
{
    public const int MaxClasses = 64;
    public const int MaxRawBits = 2;

    /// <summary>Words of a cache line; a table is a whole number of them.</summary>
    private const int Line = 16;

    private readonly uint[] _words;
    private readonly TiledTable[] _classes;
    private readonly int _lowest;

    private TiledTables(ReadOnlySpan<byte> bytes)
    {
        var from = new ByteCursor(bytes);
        States = from.U8();
        _lowest = (short)from.U16();
        var classes = from.Varint();
        if (States is not (1 or 4 or 8) || classes is < 1 or > MaxClasses)
        {
            throw new CorruptStreamException($"tables have {States} states and {classes} classes");
        }

        _classes = new TiledTable[classes];
        _words = GC.AllocateUninitializedArray<uint>(((classes + 1) * Words) + Line, pinned: true);
        fixed (uint* allocated = _words)
        {
            // A vector of 64 bytes that lies across two cache lines takes two loads.
            var words = (uint*)(((nint)allocated + (Line * sizeof(uint)) - 1) & -(Line * sizeof(uint)));
            RansTable.SetPath(words + (classes * Words), isPair: false);
            RansTable.Build(PaddingFrequencies, words + (classes * Words), 64, 0);
            RansTable.SetPlanes(words + (classes * Words), isPair: false);
            Padding = new((nint)(words + (classes * Words)), 0, 0);
            TiledTable last = default;
            for (var c = 0; c < classes; c++)
            {
                var mode = (Mode)from.U8();
                if (mode != Mode.AsBefore)
                {
                    ReadTables(ref from, mode, words + (c * Words));
                    last = mode == Mode.Absent ? last : Describe(mode, words + (c * Words));
                }

                _classes[c] = mode == Mode.Absent ? default : last;
            }
        }

        if (from.Left != 0)
        {
            throw new CorruptStreamException($"tables have {from.Left} bytes too many");
        }
    }

    /// <summary>The table of columns that do not exist, to fill a block: nothing but symbols 0.</summary>
    public static ReadOnlySpan<ushort> PaddingFrequencies =>
    [
        RansFormat.Scale - 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>That table.</summary>
    public TiledTable Padding { get; }

    /// <summary>How a class is coded.</summary>
    internal enum Mode : byte
    {
        /// <summary>Not at all.</summary>
        Absent = 0,

        /// <summary>Two tables of 32.</summary>
        Pair = 1,

        /// <summary>One of 64; one and two raw bits more by adding 1 and 2.</summary>
        Single = 2,

        /// <summary>As the last class before it that has tables; where there is none, not at all.</summary>
        AsBefore = Single + MaxRawBits + 1,
    }

    /// <summary>1, 4 or 8.</summary>
    public int States { get; }

    public RansAlphabet Alphabet => States == 1 ? RansAlphabet.Full : RansAlphabet.Path;

    private static int Words => RansTable.Words(RansAlphabet.Path);

    /// <exception cref="CorruptStreamException">They are no tables.</exception>
    public static TiledTables Read(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>The table of a sum of row and column class; the nearest where there is none so low or high.</summary>
    /// <exception cref="CorruptStreamException">A class that does not occur.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly TiledTable Of(int sum)
    {
        ref readonly var table = ref _classes[(int)Math.Clamp((long)sum - _lowest, 0, _classes.Length - 1)];
        if (table.Address == 0)
        {
            Missing(sum);
        }

        return ref table;
    }

    private static void Missing(int sum) => throw new CorruptStreamException($"class {sum} has no table");

    /// <param name="mode">How the class is coded.</param>
    /// <param name="table">Of <see cref="_words"/>, which do not move.</param>
    private TiledTable Describe(Mode mode, uint* table)
    {
        var raw = mode == Mode.Pair ? 0 : mode - Mode.Single;
        var bias = States == 1 ? 32 << raw : mode == Mode.Pair ? 8 : 16 << raw;
        return new((nint)table, (byte)raw, (byte)bias);
    }

    private void ReadTables(ref ByteCursor from, Mode mode, uint* table)
    {
        if (mode > Mode.Single + MaxRawBits || (mode == Mode.Pair && States == 1))
        {
            throw new CorruptStreamException($"tables of {States} states have mode {mode}");
        }

        if (mode == Mode.Absent)
        {
            return;
        }

        RansTable.SetPath(table, mode == Mode.Pair);
        TableReader.Read(ref from, mode == Mode.Pair ? 32 : 64, table, 64);
        if (mode == Mode.Pair)
        {
            TableReader.Read(ref from, 32, table, 64, half: 1);
        }

        RansTable.SetPlanes(table, mode == Mode.Pair);
    }
}

/// <param name="Address">Of the table; 0: the class does not occur.</param>
/// <param name="RawBits">0 to 2.</param>
/// <param name="Bias">What u is above k or hi.</param>
internal readonly record struct TiledTable(nint Address, byte RawBits, byte Bias);
