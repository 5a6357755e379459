namespace ModelPack.Compiler.Import.Gguf;

/// <summary>
/// A GGUF file, version 2 or 3 (github.com/ggml-org/ggml, docs/gguf.md): magic, version, counts, metadata, tensor list, padding, tensor data.
/// Opening reads everything before the data once, and checks it; tensor data stays in the mapping.
/// </summary>
internal sealed class GgufSource : ModelSource
{
    private readonly MappedFile _file;
    private readonly uint _version;
    private readonly GgufTensor[] _tensors;
    private readonly Dictionary<string, GgufTensor> _byName;
    private readonly long _metadataStart;
    private readonly int _metadataBytes;

    private GgufSource(MappedFile file, uint version, GgufMetadata metadata, long metadataStart, int metadataBytes, long keys, GgufTensor[] tensors)
    {
        (_file, _version, Metadata, _tensors) = (file, version, metadata, tensors);
        (_metadataStart, _metadataBytes, MetadataKeys) = (metadataStart, metadataBytes, keys);
        _byName = tensors.ToDictionary(t => t.Name);
    }

    /// <summary>Number of metadata entries.</summary>
    public long MetadataKeys { get; }

    /// <summary>All metadata entries as the file has them, byte for byte: what a copy of the file keeps.</summary>
    public ReadOnlySpan<byte> MetadataBytes => _file.Span(_metadataStart, _metadataBytes);

    /// <summary>Alignment of the data section and of each tensor in it.</summary>
    public long Alignment => GgufTensorTable.Alignment(Metadata, Path);

    public override string Path => _file.Path;

    public override string Container => $"GGUF v{_version}";

    public override long FileBytes => _file.Length;

    public override ModelMetadata Metadata { get; }

    public override IReadOnlyList<SourceTensor> Tensors => _tensors;

    public override SourceTensor? Find(string name) => _byName.GetValueOrDefault(name);

    public override void Dispose() => _file.Dispose();

    /// <summary>Takes over <paramref name="file"/> once it returns.</summary>
    public static GgufSource Read(MappedFile file, ImportLimits limits)
    {
        var cursor = new GgufCursor(file, limits);
        _ = cursor.UInt32("the magic number");
        var version = ReadVersion(cursor);
        var tensorCount = ReadCount(cursor, "tensors", limits.Tensors);
        var keyCount = ReadCount(cursor, "metadata keys", limits.Keys);

        var metadata = new GgufMetadata(file);
        var metadataStart = cursor.Position;
        for (ulong i = 0; i < keyCount; i++)
        {
            var at = cursor.Position;
            var key = cursor.Name($"metadata key #{i}");
            if (!metadata.TryAdd(key, GgufValue.Read(cursor, $"metadata '{key}'", limits.ArrayNesting)))
            {
                throw new ModelPackException(
                    CompilerCodes.NameDuplicate, $"'{file.Path}', byte {at}: metadata key '{key}' (#{i}) is there twice; keys must differ. The file was written by a faulty tool.");
            }
        }

        // Below the limit on header bytes, so an int.
        var metadataBytes = (int)(cursor.Position - metadataStart);
        var tensors = new GgufTensorTable(cursor, limits).Read(tensorCount, GgufTensorTable.Alignment(metadata, file.Path));
        return new GgufSource(file, version, metadata, metadataStart, metadataBytes, (long)keyCount, tensors);
    }

    private static uint ReadVersion(GgufCursor cursor)
    {
        var at = cursor.Position;
        var version = cursor.UInt32("the version");
        if (version is 2 or 3)
        {
            return version;
        }

        // A big-endian file's version 3 reads as 0x03000000.
        var problem = version == 1 ? "GGUF version 1 (August 2023) is not read; convert the model again with a current tool"
            : version != 0 && (version & 0xFFFFFF) == 0 ? "this GGUF file is big-endian, which is not read; use the little-endian file of the model"
            : $"GGUF version {version} is not known; 2 and 3 are. Update ModelPack, or the file is damaged";
        throw new ModelPackException(CompilerCodes.ContainerVersion, $"'{cursor.File.Path}', byte {at}: {problem}.");
    }

    private static ulong ReadCount(GgufCursor cursor, string what, long limit)
    {
        // The smallest key takes 14 bytes, the smallest tensor entry 33: a count beyond the file's bytes is damage, not size.
        const int SmallestEntry = 14;
        var at = cursor.Position;
        var count = cursor.UInt64($"the number of {what}");
        var left = cursor.File.Length - cursor.Position;
        return count > (ulong)(left / SmallestEntry)
            ? throw new ModelPackException(
                CompilerCodes.FileTruncated, $"'{cursor.File.Path}', byte {at}: the file claims {count} {what}, but has only {left} bytes left. It is truncated or damaged; fetch it again.")
            : count > (ulong)limit
            ? throw new ModelPackException(
                CompilerCodes.ImportLimit, $"'{cursor.File.Path}', byte {at}: the file has {count} {what}; the limit is {limit}.")
            : count;
    }
}
