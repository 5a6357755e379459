namespace ModelPack.Compiler.Cli;

/// <summary>An output that appears whole or not at all: written under a temporary name beside it, renamed at the end.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private bool _done;

    /// <exception cref="ModelPackException">MP3005.</exception>
    public OutputFile(string path)
    {
        _path = path;
        try
        {
            _path = Path.GetFullPath(path);
            _temporary = $"{_path}.{Environment.ProcessId}.tmp";
            if (Path.EndsInDirectorySeparator(path) || Directory.Exists(_path))
            {
                throw new IOException("it is a folder.");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            Stream = new FileStream(_temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unwritable(e);
        }
    }

    public FileStream Stream { get; }

    /// <summary>Writes text, UTF-8 without a mark.</summary>
    public void Write(string text) => Stream.Write(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Puts the file in its place. One with the same bytes stays as it is, its time too: builds compare times.</summary>
    public void Commit()
    {
        try
        {
            Stream.Flush();
            var same = IsSame();
            Stream.Dispose();
            if (same)
            {
                File.Delete(_temporary);
            }
            else
            {
                File.Move(_temporary, _path, overwrite: true);
            }

            _done = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    public void Dispose()
    {
        try
        {
            Stream.Dispose();
        }
        catch (IOException) when (!_done)
        {
            // A full disk shows again when the rest of a buffer is written; the file is thrown away anyway.
        }

        if (!_done)
        {
            File.Delete(_temporary);
        }
    }

    /// <summary>Writes a text file whole.</summary>
    public static void WriteText(string path, string text)
    {
        using var file = new OutputFile(path);
        file.Write(text);
        file.Commit();
    }

    private bool IsSame()
    {
        if (!File.Exists(_path) || new FileInfo(_path).Length != Stream.Length)
        {
            return false;
        }

        Stream.Position = 0;
        using var old = File.OpenRead(_path);
        byte[] a = new byte[1 << 16], b = new byte[1 << 16];
        int read;
        while ((read = Stream.ReadAtLeast(a, a.Length, throwOnEndOfStream: false)) > 0)
        {
            if (old.ReadAtLeast(b, b.Length, throwOnEndOfStream: false) != read || !a.AsSpan(0, read).SequenceEqual(b.AsSpan(0, read)))
            {
                return false;
            }
        }

        return true;
    }

    private ModelPackException Unwritable(Exception e) => new(CompilerCodes.OutputUnwritable, $"'{_path}' cannot be written: {e.Message}", e);
}
