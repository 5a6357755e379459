using System.IO.Hashing;
using System.Text;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// Measurements kept in a folder between runs, by a key of everything they depend on and a kind. An entry is written whole or not at all, and one that is damaged
/// is as good as none: it is measured anew.
/// </summary>
internal sealed class CacheFolder(string folder)
{
    private const int HashBytes = 16;

    /// <summary>The user's own, unless MODELPACK_CACHE says otherwise.</summary>
    public static string Default => Environment.GetEnvironmentVariable("MODELPACK_CACHE") is { Length: > 0 } named
        ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "modelpack", "cache");

    /// <summary>A key from everything that a measurement depends on.</summary>
    public static string Key(params ReadOnlySpan<string> parts)
    {
        var hash = new XxHash128();
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.Append(BitConverter.GetBytes(bytes.Length));
            hash.Append(bytes);
        }

        return Convert.ToHexString(hash.GetCurrentHash()).ToLowerInvariant();
    }

    /// <summary>Hash of a file's content.</summary>
    public static string HashOf(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20);
        return Convert.ToHexString(Hash(stream));
    }

    /// <summary>The entry, checked against its hash; null: there is none that can be used.</summary>
    public Stream? TryGet(string key, string kind)
    {
        FileStream? stream = null;
        try
        {
            var path = PathOf(key, kind);
            if (!File.Exists(path))
            {
                return null;
            }

            stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20);
            var expected = new byte[HashBytes];
            if (stream.ReadAtLeast(expected, HashBytes, throwOnEndOfStream: false) == HashBytes && Hash(stream).AsSpan().SequenceEqual(expected))
            {
                stream.Position = HashBytes;
                return stream;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As good as none.
        }

        stream?.Dispose();
        return null;
    }

    /// <summary>Writes an entry; a folder that cannot be written to only costs the next run its time.</summary>
    public void Put(string key, string kind, Action<Stream> write)
    {
        var path = PathOf(key, kind);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20))
            {
                stream.Write(new byte[HashBytes]);
                write(stream);
                stream.Position = HashBytes;
                var hash = Hash(stream);
                stream.Position = 0;
                stream.Write(hash);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Measured again the next time.
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    private string PathOf(string key, string kind) => Path.Combine(folder, kind, key);

    private static byte[] Hash(Stream stream)
    {
        var hash = new XxHash128();
        hash.Append(stream);
        return hash.GetCurrentHash();
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whatever kept it from being written keeps it from being deleted.
        }
    }
}
