using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace ModelPack.Compiler.Cache;

/// <summary>
/// The user-level cache: results of long work by <see cref="CacheKey"/> and kind, kept over <c>git clean</c> and shared by all projects of a user. Every
/// entry ends with its own hash and is checked when it is read; entries are written under a temporary name and renamed, never changed; builds that run at
/// once need no lock. A cache that cannot be used (a full disk, no permission) makes builds slower, never wrong and never fail: <see cref="Trouble"/> says why.
/// </summary>
/// <param name="folder">Root; made when first written to.</param>
/// <param name="limit">Bytes that all entries may have together; beyond it those go that were not used for longest.</param>
internal sealed class BuildCache(string folder, long limit = CacheLocation.DefaultBytes)
{
    // An entry: payload, its length (int64, little-endian), its XXH3-128, these eight bytes.
    private static ReadOnlySpan<byte> Magic => "MPCACHE1"u8;

    private const int TrailerBytes = 8 + 16 + 8;

    /// <summary>A temporary file this old was left by a process that was killed.</summary>
    private static readonly TimeSpan s_abandoned = TimeSpan.FromDays(1);

    public string Folder => folder;

    /// <summary>Contents of model files.</summary>
    public FileHashes Files { get; } = new(Path.Combine(folder, "files"));

    /// <summary>Why the cache could not be used, where it could not.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The entry's bytes, checked and mapped; null where there is none, or a damaged one (which is deleted).</summary>
    /// <param name="key">What it was made from.</param>
    /// <param name="kind">Such as <c>pack</c> or <c>statistics</c>; a file name.</param>
    public Stream? TryGet(CacheKey key, string kind)
    {
        var path = PathOf(key, kind);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            if (Open(path) is { } payload)
            {
                // Its time says when it was last of use.
                TryTouch(path);
                return payload;
            }

            TryDelete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = e.Message;
        }

        return null;
    }

    /// <summary>Keeps an entry; an equal one is replaced.</summary>
    /// <param name="key">What it was made from.</param>
    /// <param name="kind">Such as <c>pack</c> or <c>statistics</c>.</param>
    /// <param name="write">Writes the bytes, at least one; a cancellation that it throws leaves nothing behind.</param>
    public void Put(CacheKey key, string kind, Action<Stream> write)
    {
        var path = PathOf(key, kind);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20))
            {
                write(stream);
                Seal(stream);
            }

            File.Move(temporary, path, overwrite: true);
            Evict();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = e.Message;
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use by another build (Windows), or no longer ours: eviction comes by again.
        }
    }

    private string PathOf(CacheKey key, string kind) => Path.Combine(folder, kind, key.Name);

    private static void Seal(FileStream stream)
    {
        stream.Position = 0;
        var hash = FileHashes.OfRest(stream);
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteInt64LittleEndian(trailer, stream.Length);
        hash.CopyTo(trailer[8..]);
        Magic.CopyTo(trailer[24..]);
        stream.Write(trailer);
    }

    /// <summary>Null where the bytes are not what was written.</summary>
    private static MemoryMappedViewStream? Open(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        var length = file.Length - TrailerBytes;
        if (length <= 0)
        {
            return null;
        }

        Span<byte> trailer = stackalloc byte[TrailerBytes];
        file.Position = length;
        file.ReadExactly(trailer);
        if (!trailer[24..].SequenceEqual(Magic) || BinaryPrimitives.ReadInt64LittleEndian(trailer) != length)
        {
            return null;
        }

        using var mapped = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        var payload = mapped.CreateViewStream(0, length, MemoryMappedFileAccess.Read);
        if (FileHashes.OfRest(payload).AsSpan().SequenceEqual(trailer[8..24]))
        {
            payload.Position = 0;
            return payload;
        }

        payload.Dispose();
        return null;
    }

    private void Evict()
    {
        var entries = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).ToList();
        foreach (var abandoned in entries.Where(f => f.Extension == ".tmp" && DateTime.UtcNow - f.LastWriteTimeUtc > s_abandoned))
        {
            TryDelete(abandoned.FullName);
        }

        var kept = entries.Where(f => f.Extension != ".tmp").OrderByDescending(f => f.LastWriteTimeUtc).ThenBy(f => f.FullName, StringComparer.Ordinal);
        long bytes = 0;
        foreach (var entry in kept)
        {
            bytes += entry.Length;
            if (bytes > limit)
            {
                TryDelete(entry.FullName);
            }
        }
    }

    private static void TryTouch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache that may only be read: nothing is evicted from it either.
        }
    }
}
