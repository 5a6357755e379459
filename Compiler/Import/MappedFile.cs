using System.IO.MemoryMappedFiles;

namespace ModelPack.Compiler.Import;

/// <summary>
/// A whole file as read-only memory: pages come from the file when touched, nothing is copied. The one place of the compiler that maps files.
/// </summary>
/// <remarks>A file that another process cuts short while it is mapped cannot be guarded against on Unix; a copy cannot be had for free.</remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _data;

    private MappedFile(string path, long length, MemoryMappedFile file, MemoryMappedViewAccessor view)
    {
        (Path, Length, _file, _view) = (path, length, file, view);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _data);
        _data += view.PointerOffset;
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file; at least 1.</summary>
    public long Length { get; }

    /// <exception cref="ModelPackException">MP2001: missing, a folder, not permitted; MP2002: empty.</exception>
    public static MappedFile Open(string path)
    {
        try
        {
            var full = System.IO.Path.GetFullPath(path);
            if (Directory.Exists(full))
            {
                throw new ModelPackException(CompilerCodes.FileUnreadable, $"'{full}' is a folder; a model file was expected. Name the file in it.");
            }

            var info = new FileInfo(full);
            if (!info.Exists)
            {
                throw new ModelPackException(CompilerCodes.FileUnreadable, $"model file '{full}' does not exist. Check the path in Include, relative to the project's folder.");
            }

            // Before opening, because opening a pipe (length 0) would block; and after, because a link has a length of its own.
            RefuseEmpty(info.Length, full);
            using var stream = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            var length = stream.Length;
            RefuseEmpty(length, full);
            var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            try
            {
                return new MappedFile(full, length, file, file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read));
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ModelPackException(CompilerCodes.FileUnreadable, $"model file '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>An empty file cannot be mapped.</summary>
    private static void RefuseEmpty(long length, string path)
    {
        if (length == 0)
        {
            throw new ModelPackException(CompilerCodes.ContainerUnknown, $"model file '{path}' is empty (0 bytes). Was its download or 'git lfs pull' interrupted?");
        }
    }

    /// <summary>Bytes of the file; both arguments already checked against <see cref="Length"/> by the reader, checked again here.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"[{offset}, +{length}) is outside the {Length} bytes of '{Path}'");
        }

        return new ReadOnlySpan<byte>(_data + offset, length);
    }

    public void Dispose()
    {
        if (_data is not null)
        {
            _data = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
