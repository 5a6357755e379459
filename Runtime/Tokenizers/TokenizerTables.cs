using System.Runtime.CompilerServices;
using static ModelPack.TokenizerLayout;

namespace ModelPack;

/// <summary>
/// A tokenizer's tables, read in place. Opening checks that every section lies inside the tables and has the length that the
/// counts ask for; what entries say (offsets, ids) is checked where it is used, so that opening takes no time in proportion to the vocabulary.
/// The memory must outlive this object.
/// </summary>
internal sealed unsafe class TokenizerTables
{
    private readonly byte* _base;
    private readonly byte* _textOffsets, _text, _attributes, _scores, _byteTokens, _keyDisplacements, _keySlots, _mergeDisplacements, _mergeSlots, _specialFirst, _specialIds;
    private readonly uint _textBytes;
    private readonly int _keyBuckets, _keySlotCount, _mergeBuckets, _mergeSlotCount, _seed;

    /// <exception cref="ModelPackException">MP5001, MP5004: the bytes are not such tables.</exception>
    public TokenizerTables(byte* tables, long length)
    {
        if (tables == null || length < HeaderBytes + TailBytes || length > int.MaxValue)
        {
            throw Malformed($"they have {length} bytes, their header alone {HeaderBytes + TailBytes}");
        }

        _base = tables;
        if (U32(tables + MagicAt) != Magic)
        {
            throw Malformed($"they begin with 0x{U32(tables + MagicAt):X8} instead of 0x{Magic:X8}");
        }

        if (U32(tables + VersionAt) != LayoutVersion)
        {
            throw new ModelPackException(MpCodes.PackVersion,
                $"The tokenizer's tables have version {U32(tables + VersionAt)}; this runtime reads version {LayoutVersion}. Build the application and its runtime from one release.");
        }

        if (U32(tables + TotalBytesAt) != length)
        {
            throw Malformed($"they claim {U32(tables + TotalBytesAt)} bytes and have {length}");
        }

        Model = (Model)tables[ModelAt];
        PreTokenizer = (PreTokenizerKind)tables[PreTokenizerAt];
        Flags = (Flags)tables[FlagsAt];
        _seed = tables[HashSeedAt];
        var count = U32(tables + TokenCountAt);
        if (Model is not (Model.ByteLevelBpe or Model.SentencePiece) || count is 0 or > MaxTokens)
        {
            throw Malformed($"model {(int)Model} with {count} tokens is none that this runtime knows");
        }

        Count = (int)count;
        Bos = SpecialId(BosAt);
        Eos = SpecialId(EosAt);
        Unknown = SpecialId(UnknownAt);
        MaxKeyBytes = (int)Math.Min(U32(tables + MaxKeyBytesAt), MaxTokenBytes);
        _textOffsets = At(Section.TextOffsets, (count + 1L) * 4, 0, out _);
        _text = At(Section.Text, 0, 1, out _textBytes);
        _attributes = At(Section.Attributes, count, 0, out _);
        _scores = Model == Model.SentencePiece ? At(Section.Scores, count * 4L, 0, out _) : null;
        _byteTokens = At(Section.ByteTokens, 1024, 0, out _);
        _keyDisplacements = At(Section.KeyDisplacements, 0, 2, out var keyBuckets);
        _keySlots = At(Section.KeySlots, 0, 4, out var keySlots);
        _mergeDisplacements = At(Section.MergeDisplacements, 0, 2, out var mergeBuckets);
        _mergeSlots = At(Section.MergeSlots, 0, MergeSlotBytes, out var mergeSlots);
        _specialFirst = At(Section.SpecialFirst, 257 * 4, 0, out _);
        _specialIds = At(Section.SpecialIds, 0, 4, out var specials);
        (_keyBuckets, _keySlotCount, _mergeBuckets, _mergeSlotCount, SpecialCount) = ((int)keyBuckets, (int)keySlots, (int)mergeBuckets, (int)mergeSlots, (int)specials);
        if ((_keyBuckets == 0) != (_keySlotCount == 0) || (_mergeBuckets == 0) != (_mergeSlotCount == 0))
        {
            throw Malformed("a hash table has slots without buckets or buckets without slots");
        }
    }

    public Model Model { get; }

    public PreTokenizerKind PreTokenizer { get; }

    public Flags Flags { get; }

    public int Count { get; }

    public int Bos { get; }

    public int Eos { get; }

    public int Unknown { get; }

    /// <summary>No key of <see cref="Find"/> is longer.</summary>
    public int MaxKeyBytes { get; }

    public int SpecialCount { get; }

    public static ModelPackException Malformed(string what) =>
        new(MpCodes.PackMalformed, $"The tokenizer's tables are damaged: {what}. Rebuild the application; if it happens again, check the storage it lies on.");

    /// <summary>Bytes of a token.</summary>
    public ReadOnlySpan<byte> Text(int id)
    {
        CheckId(id);
        var start = U32(_textOffsets + (4L * id));
        var end = U32(_textOffsets + (4L * id) + 4);
        if (start > end || end > _textBytes)
        {
            throw Malformed($"token {id} claims bytes {start} to {end} of {_textBytes}");
        }

        return new(_text + start, (int)(end - start));
    }

    public TokenAttributes Attributes(int id)
    {
        CheckId(id);
        return (TokenAttributes)_attributes[id];
    }

    public float Score(int id)
    {
        CheckId(id);
        return Unsafe.ReadUnaligned<float>(_scores + (4L * id));
    }

    /// <summary>Token of a byte, or −1.</summary>
    public int ByteToken(byte value)
    {
        var id = Unsafe.ReadUnaligned<int>(_byteTokens + (4 * value));
        return id < Count ? id : throw Malformed($"byte {value} is token {id} of {Count}");
    }

    /// <summary>The token whose bytes are <paramref name="key"/>, or −1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        if (key.Length > MaxKeyBytes || _keySlotCount == 0)
        {
            return -1;
        }

        var hash = TableHash.OfBytes(key, _seed);
        var displacement = Unsafe.ReadUnaligned<ushort>(_keyDisplacements + (2L * TableHash.Bucket(hash, _keyBuckets)));
        var id = U32(_keySlots + (4L * TableHash.Slot(hash, displacement, _keySlotCount)));
        return id != EmptySlot && Text((int)id).SequenceEqual(key) ? (int)id : -1;
    }

    /// <summary>Whether <paramref name="left"/> and <paramref name="right"/> merge, into what, and with which rank (lower is earlier).</summary>
    public bool TryMerge(int left, int right, out int merged, out uint rank)
    {
        var pair = MergeSlot.Pair(left, right);
        if ((left | right) < 0 || _mergeSlotCount == 0)
        {
            (merged, rank) = (-1, 0);
            return false;
        }

        var hash = TableHash.OfPair(pair, _seed);
        var displacement = Unsafe.ReadUnaligned<ushort>(_mergeDisplacements + (2L * TableHash.Bucket(hash, _mergeBuckets)));
        var slot = _mergeSlots + ((long)MergeSlotBytes * TableHash.Slot(hash, displacement, _mergeSlotCount));
        merged = (int)(U32(slot + 6) & 0xFFFFFF);
        rank = U32(slot + 8) >> 8;
        return (Unsafe.ReadUnaligned<ulong>(slot) & 0xFFFFFFFFFFFF) == pair && merged < Count;
    }

    /// <summary>Range in the sorted list of special tokens of those that begin with <paramref name="first"/>.</summary>
    public (int Start, int End) SpecialRange(byte first)
    {
        var start = U32(_specialFirst + (4 * first));
        var end = U32(_specialFirst + (4 * first) + 4);
        return start <= end && end <= SpecialCount ? ((int)start, (int)end) : throw Malformed($"special tokens {start} to {end} of {SpecialCount}");
    }

    public int SpecialId(int index, out ReadOnlySpan<byte> text)
    {
        var id = (int)U32(_specialIds + (4L * index));
        text = Text(id);
        return id;
    }

    private static uint U32(byte* at) => Unsafe.ReadUnaligned<uint>(at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckId(int id)
    {
        if ((uint)id >= (uint)Count)
        {
            throw Malformed($"token {id} of {Count}");
        }
    }

    private int SpecialId(int at)
    {
        var id = Unsafe.ReadUnaligned<int>(_base + at);
        return id >= -1 && id < Count ? id : throw Malformed($"special token {id} of {Count}");
    }

    /// <summary>Start of a section of <paramref name="exact"/> bytes, or, where <paramref name="unit"/> is not 0, of any number of units.</summary>
    private byte* At(Section section, long exact, uint unit, out uint units)
    {
        var entry = _base + SectionsAt + ((int)section * 8);
        var (offset, bytes) = (U32(entry), U32(entry + 4));
        var limit = U32(_base + TotalBytesAt) - TailBytes;
        if (offset < HeaderBytes || offset > limit || bytes > limit - offset || (unit == 0 ? bytes != exact : bytes % unit != 0))
        {
            throw Malformed($"section {section} claims {bytes} bytes from {offset} of {limit + TailBytes}");
        }

        units = unit == 0 ? 0 : bytes / unit;
        return _base + offset;
    }
}
