using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace ModelPack.Tasks.Items;

/// <summary>
/// What a pack was made from, as text: the file <c>X.inputs</c> beside the outputs, rewritten only when it differs, so that its time is that of the last
/// change. A model counts by path, length and time of change (it may have gigabytes), the tools count by their contents.
/// </summary>
internal static class Fingerprint
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static string OfModel(string path)
    {
        var file = new FileInfo(path);
        return string.Format(CultureInfo.InvariantCulture, "bytes {0}\nwritten {1}\n", file.Length, file.LastWriteTimeUtc.Ticks);
    }

    /// <summary>One line for each text: calibration texts count by their contents, so that a fresh checkout is nothing new.</summary>
    public static string OfTexts(IEnumerable<string> paths)
    {
        using var sha = SHA256.Create();
        return string.Concat(paths.Select(path =>
        {
            using var file = File.OpenRead(path);
            return $"text {Hex(sha.ComputeHash(file))}\n";
        }));
    }

    /// <summary>One line for all tool files that exist.</summary>
    public static string OfTools(IEnumerable<string> paths)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths.Distinct().Where(File.Exists).OrderBy(Path.GetFileName, StringComparer.Ordinal).ThenBy(p => p, StringComparer.Ordinal))
        {
            all.AppendData(s_utf8.GetBytes(Path.GetFileName(path)));
            all.AppendData(File.ReadAllBytes(path));
        }

        return $"tools {Hex(all.GetHashAndReset())}\n";
    }

    /// <summary>Eight hexadecimal digits of a text.</summary>
    public static string Short(string text)
    {
        using var sha = SHA256.Create();
        return Hex(sha.ComputeHash(s_utf8.GetBytes(text))).Substring(0, 8);
    }

    public static void WriteIfDifferent(string path, string text)
    {
        if (!File.Exists(path) || File.ReadAllText(path, s_utf8) != text)
        {
            var temporary = $"{path}.{Guid.NewGuid():N}";
            File.WriteAllText(temporary, text, s_utf8);
            Publish(temporary, path);
        }
    }

    /// <summary>
    /// Moves a finished file to its place in one step. Contents that are there already keep their time, so that nothing after us is built again.
    /// </summary>
    public static void Publish(string finished, string path)
    {
        if (!File.Exists(path))
        {
            try
            {
                File.Move(finished, path);
                return;
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another build was faster: compare with what it wrote.
            }
        }

        if (SameContents(finished, path))
        {
            File.Delete(finished);
        }
        else
        {
            File.Replace(finished, path, null);
        }
    }

    private static bool SameContents(string one, string other)
    {
        using var a = File.OpenRead(one);
        using var b = File.OpenRead(other);
        if (a.Length != b.Length)
        {
            return false;
        }

        var left = new byte[1 << 20];
        var right = new byte[1 << 20];
        while (true)
        {
            var read = Fill(a, left);
            if (read != Fill(b, right) || !left.AsSpan(0, read).SequenceEqual(right.AsSpan(0, read)))
            {
                return false;
            }

            if (read == 0)
            {
                return true;
            }
        }
    }

    private static int Fill(Stream stream, byte[] buffer)
    {
        var count = 0;
        while (count < buffer.Length && stream.Read(buffer, count, buffer.Length - count) is > 0 and var read)
        {
            count += read;
        }

        return count;
    }

    private static string Hex(byte[] bytes) => string.Concat(bytes.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
}
