using System.IO.MemoryMappedFiles;

namespace ModelPack.Platform;

/// <summary>A pack in a file of its own as read-only memory: pages come from the file when they are touched. The base class library maps files on every platform.</summary>
/// <remarks>A file that another process cuts short while it is mapped cannot be guarded against on Unix; Windows refuses to cut it.</remarks>
internal sealed unsafe class FileMapping : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly IDisposable? _owned;
    private byte* _data;

    private FileMapping(MemoryMappedFile file, MemoryMappedViewAccessor view, string path, long length, IDisposable? owned)
    {
        (_file, _view, Range, Length, _owned) = (file, view, new(Path.GetFullPath(path), 0), length, owned);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _data);
        _data += view.PointerOffset;
    }

    /// <summary>The file's bytes, until <see cref="Dispose"/>.</summary>
    public byte* Data => _data;

    /// <summary>The whole file.</summary>
    public FileRange Range { get; }

    /// <summary>Bytes in the file; at least 1.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="owned">What is disposed of after the mapping, such as a temporary folder.</param>
    /// <exception cref="ModelPackException">MP5001: it is missing, unreadable or empty.</exception>
    public static FileMapping Open(string path, IDisposable? owned = null)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            var length = stream.Length;
            if (length == 0)
            {
                throw new ModelPackException(MpCodes.PackMalformed, $"pack '{path}' is empty (0 bytes). Copy the application again or rebuild it.");
            }

            var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            try
            {
                return new(file, file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), path, length, owned);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ModelPackException(MpCodes.PackMalformed, $"pack '{path}' cannot be read: {e.Message} It belongs beside the application; copy that again or rebuild it.", e);
        }
    }

    public void Dispose()
    {
        if (_data is not null)
        {
            _data = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
            _owned?.Dispose();
        }
    }
}
