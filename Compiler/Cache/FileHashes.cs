using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace ModelPack.Compiler.Cache;

/// <summary>
/// Contents of large files as XXH3-128, remembered by path, length and times, so that a model of gigabytes is read once. (The time of creation stands for
/// the inode, which .NET does not tell: a file put in the place of another has a new one.)
/// </summary>
/// <param name="folder">Holds one small text file for each file that was hashed.</param>
internal sealed class FileHashes(string folder)
{
    /// <summary>A file that changed a moment ago may change again within its time stamp's resolution: what it holds now is not remembered.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    /// <summary>32 hexadecimal digits.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public string Of(string path)
    {
        var file = new FileInfo(path);
        var identity = string.Create(
            CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}\n{file.CreationTimeUtc.Ticks}\n");
        var record = Path.Combine(folder, Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(file.FullName))));
        if (Remembered(record, identity) is { } known)
        {
            return known;
        }

        var hash = Read(path);
        if (DateTime.UtcNow - file.LastWriteTimeUtc > s_settled)
        {
            Remember(record, identity + hash + "\n");
        }

        return hash;
    }

    /// <summary>Hashes a stream from its position to its end.</summary>
    public static byte[] OfRest(Stream stream)
    {
        var hash = new XxHash128();
        hash.Append(stream);
        return hash.GetCurrentHash();
    }

    private static string Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(OfRest(stream));
    }

    private static string? Remembered(string record, string identity)
    {
        try
        {
            var text = File.ReadAllText(record);
            return text.Length == identity.Length + 33 && text.StartsWith(identity, StringComparison.Ordinal) ? text[identity.Length..^1] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Remember(string record, string text)
    {
        var temporary = $"{record}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(temporary, text);
            File.Move(temporary, record, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next build reads the file again.
            BuildCache.TryDelete(temporary);
        }
    }
}
