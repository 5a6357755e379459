using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>
/// One tile after the other: its columns' tables, its symbols, from them what the planes hold, and the planes. Lanes are the 64 rows, so a block of the stream
/// is four columns, byte 64s + 4r + j of it row 16s + r of column j: the quads of the four sub-groups.
/// </summary>
/// <remarks>A symbol of a trellis has lsb_j in bit 0, hi above, b_j in bit 7: nothing is missing for n = 4·hi + 2·lsb_j + b_(j−1) but the symbol before, one byte below it.</remarks>
internal unsafe ref struct TileDecoder
{
    private readonly bool _isTrellis;
    private readonly ReadOnlySpan<byte> _raw;
    private int _rawAt;
    private bool _isExpanded;
    private int _planeBits;
    private int _highBits;
    private int _vectors;
    private byte* _rawBits;
    private readonly TileMemory* _memory;

    /// <param name="states">1: scalar codes.</param>
    /// <param name="raw">The chunk's raw bits.</param>
    /// <param name="memory">Stays where it is while this object is used.</param>
    public TileDecoder(int states, ReadOnlySpan<byte> raw, TileMemory* memory)
    {
        _isTrellis = states != 1;
        _raw = raw;
        _memory = memory;
    }

    /// <summary>What the planes hold, in the order of the stream.</summary>
    public readonly byte* Codes => _memory->Codes;

    /// <summary>Lowest bits of <see cref="Codes"/> that are not the stream's codes but the path's.</summary>
    public readonly int PathBits => _isExpanded ? 2 : 0;

    private readonly byte* Branches => _memory->Branches;

    /// <summary>A row group begins: before its first column all branch bits are zero.</summary>
    /// <param name="vectors">Of 16 lanes, that hold rows.</param>
    public void BeginGroup(int vectors)
    {
        _vectors = vectors;
        new Span<byte>(_memory->Before, RansFormat.BlockSymbols).Clear();
    }

    /// <summary>A tile begins.</summary>
    /// <param name="kind">That it is to have (<see cref="TiledLayout"/>).</param>
    /// <param name="rawBits">[64] of its columns.</param>
    /// <param name="biases">[64] of its columns.</param>
    public void Begin(byte kind, byte* rawBits, byte* biases)
    {
        var width = kind & ~TiledLayout.Trellis;
        var isTrellisTile = width != kind;
        _isExpanded = _isTrellis && !isTrellisTile;
        _planeBits = isTrellisTile ? width - 1 : width;
        _highBits = _isExpanded ? width - 2 : _planeBits;
        _rawBits = rawBits;
        var offset = Vector256.Create((byte)(1 << (_highBits - 1)));
        Vector256.Store(offset - Vector256.Load(biases), _memory->Add);
        Vector256.Store(offset - Vector256.Load(biases + 32), _memory->Add + 32);
    }

    /// <summary>Decodes symbols and turns them into what the planes hold.</summary>
    /// <param name="rans">The stream.</param>
    /// <param name="alphabet">Of its tables.</param>
    /// <param name="tables">[16, 4, 4] of the tile's columns.</param>
    /// <param name="columns">That exist.</param>
    public void Decode(ref RansStream rans, RansAlphabet alphabet, nint* tables, int columns)
    {
        var blocks = (columns + 3) / 4;
        // Lanes without rows have another table.
        rans.Decode(alphabet, tables, RansFormat.BlockTables, Codes, blocks, hasPlanes: _vectors == RansFormat.Vectors);
        for (var b = 0; b < blocks; b++)
        {
            Convert(b);
        }
    }

    /// <summary>Fills what lies behind the last column and the last row's vector, and writes the planes.</summary>
    public void Finish(int columns, byte* planes)
    {
        Pad(columns);
        PadLanes(columns);
        var branches = _isTrellis && !_isExpanded;
        for (var sub = 0; sub < TiledLayout.SubGroups; sub++)
        {
            for (var unit = 0; unit < 2; unit++)
            {
                var at = (unit * GroupedLayout.QuadsPerUnit * RansFormat.BlockSymbols) + (sub * GroupedLayout.QuadBytes);
                CodePlanes.Pack(Codes + at, _planeBits, planes, RansFormat.BlockSymbols);
                planes += GroupedLayout.QuadBytes * _planeBits;
                if (branches)
                {
                    CodePlanes.Pack(Branches + at, 1, planes, RansFormat.BlockSymbols);
                    planes += GroupedLayout.QuadBytes;
                }
            }
        }
    }

    private void Convert(int block)
    {
        var codes = Codes + (block * RansFormat.BlockSymbols);
        var branches = Branches + (block * RansFormat.BlockSymbols);
        var add = Vector256.Create(Unsafe.ReadUnaligned<uint>(_memory->Add + (4 * block))).AsByte();
        if (Unsafe.ReadUnaligned<uint>(_rawBits + (4 * block)) == 0)
        {
            if (!_isTrellis)
            {
                Add(codes, add);
            }
            else if (_isExpanded)
            {
                SplitAndJoin(codes, _memory->Before, add);
            }
            else
            {
                Split(codes, branches, _memory->Before, false, add);
            }

            return;
        }

        if (_isTrellis)
        {
            Split(codes, branches, _memory->Before, _isExpanded, Vector256<byte>.Zero);
        }

        for (var j = 0; j < RansFormat.Steps; j++)
        {
            if (_rawBits[(4 * block) + j] is var bits && bits > 0)
            {
                AddRaw(codes, j, bits);
            }
        }

        if (_isExpanded)
        {
            Join(codes, add, branches);
            return;
        }

        Add(codes, add);
    }

    private static void Add(byte* codes, Vector256<byte> add)
    {
        for (var at = 0; at < RansFormat.BlockSymbols; at += 32)
        {
            Vector256.Store(Vector256.Load(codes + at) + add, codes + at);
        }
    }

    /// <summary>Symbols of a trellis become codes, and beside them branch bits, or the two lowest bits of n.</summary>
    /// <param name="codes">A block; result.</param>
    /// <param name="rest">Result: b_j, or 2·lsb_j + b_(j−1).</param>
    /// <param name="before">Branch bits of the block before; then of this one.</param>
    /// <param name="pairs">Which.</param>
    /// <param name="add">To the codes.</param>
    private static void Split(byte* codes, byte* rest, byte* before, bool pairs, Vector256<byte> add)
    {
        for (var at = 0; at < RansFormat.BlockSymbols; at += 32)
        {
            var symbols = Vector256.Load(codes + at).AsUInt32();
            var branch = Branch(symbols);
            Vector256.Store((pairs ? Pair(symbols, branch, before + at) : branch).AsByte(), rest + at);
            Vector256.Store(branch.AsByte(), before + at);
            Vector256.Store(High(symbols) + add, codes + at);
        }
    }

    /// <summary>Symbols of a trellis become 4 · (code + <paramref name="add"/>) + pair.</summary>
    private static void SplitAndJoin(byte* codes, byte* before, Vector256<byte> add)
    {
        for (var at = 0; at < RansFormat.BlockSymbols; at += 32)
        {
            var symbols = Vector256.Load(codes + at).AsUInt32();
            var branch = Branch(symbols);
            Vector256.Store(Joined(High(symbols) + add, Pair(symbols, branch, before + at).AsByte()), codes + at);
            Vector256.Store(branch.AsByte(), before + at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> High(Vector256<uint> symbols) => (Vector256.ShiftRightLogical(symbols, 1) & Vector256.Create(0x1F1F_1F1Fu)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Branch(Vector256<uint> symbols) => Vector256.ShiftRightLogical(symbols, 7) & Vector256.Create(0x0101_0101u);

    /// <summary>2·lsb_j + b_(j−1). Columns are bytes, lanes words: the column before is a byte below, or the topmost of the block before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Pair(Vector256<uint> symbols, Vector256<uint> branch, byte* before) =>
        (Vector256.ShiftLeft(symbols, 1) & Vector256.Create(0x0202_0202u))
        | Vector256.ShiftLeft(branch, 8) | Vector256.ShiftRightLogical(Vector256.Load(before).AsUInt32(), 24);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Joined(Vector256<byte> code, Vector256<byte> pair) =>
        (Vector256.ShiftLeft(code.AsUInt32(), 2).AsByte() & Vector256.Create((byte)0xFC)) | pair;

    /// <summary>Codes become 4 · (code + <paramref name="add"/>) + pair.</summary>
    private static void Join(byte* codes, Vector256<byte> add, byte* pairs)
    {
        for (var at = 0; at < RansFormat.BlockSymbols; at += 32)
        {
            Vector256.Store(Joined(Vector256.Load(codes + at) + add, Vector256.Load(pairs + at)), codes + at);
        }
    }

    /// <summary>Column j's symbols move up and take their raw bits.</summary>
    private void AddRaw(byte* codes, int j, int bits)
    {
        var column = Vector256.Create(0xFFu << (8 * j));
        var lanes = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        var bytes = _vectors * sizeof(ushort);
        for (var i = 0; i < bytes; i++)
        {
            var v = Vector256.Load(codes + (32 * i)).AsUInt32();
            var own = Vector256.ShiftLeft(v & column, bits) & column;
            for (var p = 0; p < bits; p++)
            {
                // Lanes 8i … 8i + 7 are byte i of the word.
                var word = Vector256.Create((uint)_raw[_rawAt + (bytes * p) + i]);
                own |= Vector256.Equals(word & lanes, lanes) & Vector256.Create(1u << ((8 * j) + p));
            }

            Vector256.Store(((v & ~column) | own).AsByte(), codes + (32 * i));
        }

        _rawAt += bits * bytes;
    }

    private void PadLanes(int columns)
    {
        var from = _vectors * (RansFormat.BlockSymbols / RansFormat.Vectors);
        for (var at = 0; from < RansFormat.BlockSymbols && at < columns; at += 4)
        {
            new Span<byte>(Codes + (at / 4 * RansFormat.BlockSymbols) + from, RansFormat.BlockSymbols - from).Fill((byte)(1 << (_planeBits - 1)));
            new Span<byte>(Branches + (at / 4 * RansFormat.BlockSymbols) + from, RansFormat.BlockSymbols - from).Clear();
        }
    }

    private void Pad(int columns)
    {
        var zero = (byte)(1 << (_planeBits - 1));
        for (var column = columns; column < TiledLayout.BlockColumns; column++)
        {
            var at = (column / 4 * RansFormat.BlockSymbols) + (column & 3);
            for (var lane = 0; lane < TiledLayout.GroupRows; lane++)
            {
                Codes[at + (4 * lane)] = zero;
                Branches[at + (4 * lane)] = 0;
            }
        }
    }
}

/// <summary>What a tile needs, 9 KB for the stack.</summary>
internal unsafe struct TileMemory
{
    private const int TileCodes = TiledLayout.GroupRows * TiledLayout.BlockColumns;

    /// <summary>Symbols, then what the planes hold.</summary>
    public fixed byte Codes[TileCodes];

    /// <summary>Branch bits, or where the tile is expanded the lowest two of n, a byte each.</summary>
    public fixed byte Branches[TileCodes];

    /// <summary>Branch bits of the block before.</summary>
    public fixed byte Before[RansFormat.BlockSymbols];

    /// <summary>What turns a column's u into what the planes hold, modulo 256.</summary>
    public fixed byte Add[TiledLayout.BlockColumns];
}
