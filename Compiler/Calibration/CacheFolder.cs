using System.IO.Hashing;
using System.Text;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// Measurements kept in a folder between runs, by a key of everything they depend on. An entry is written whole or not at all, and one that is damaged, or of another
/// version, is as good as none: it is measured anew.
/// </summary>
internal sealed class CacheFolder(string folder)
{
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
        var hash = new XxHash128();
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20);
        hash.Append(stream);
        return Convert.ToHexString(hash.GetCurrentHash());
    }

    /// <summary>The entry's bytes, checked against their hash; null: there is none that can be used.</summary>
    public byte[]? TryGet(string key)
    {
        try
        {
            var path = PathOf(key);
            if (!File.Exists(path))
            {
                return null;
            }

            var bytes = File.ReadAllBytes(path);
            return bytes.Length > 16 && XxHash128.Hash(bytes.AsSpan(16)).AsSpan().SequenceEqual(bytes.AsSpan(0, 16)) ? bytes[16..] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes an entry; a folder that cannot be written to only costs the next run its time.</summary>
    public void Put(string key, ReadOnlySpan<byte> bytes)
    {
        var temporary = $"{PathOf(key)}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                stream.Write(XxHash128.Hash(bytes));
                stream.Write(bytes);
            }

            File.Move(temporary, PathOf(key), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
        }
    }

    private string PathOf(string key) => Path.Combine(folder, key + ".bin");

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
