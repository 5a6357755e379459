using System.Runtime.InteropServices;

namespace ModelPack.Tests.Entropy;

/// <summary>Memory with pages on both sides that may not be touched: reading or writing one byte outside ends the process.</summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int ReadWrite = 3, PrivateAnonymous = 0x22;

    private readonly byte* _map;
    private readonly nuint _bytes;
    private readonly nuint _page = (nuint)Environment.SystemPageSize;

    public GuardedMemory(int bytes)
    {
        Length = bytes;
        var inner = ((nuint)bytes + _page - 1) / _page * _page;
        _bytes = inner + (2 * _page);
        _map = Mmap(null, _bytes, ReadWrite, PrivateAnonymous, -1, 0);
        if (_map == (byte*)-1 || Mprotect(_map, _page, 0) != 0 || Mprotect(_map + _bytes - _page, _page, 0) != 0)
        {
            throw new InvalidOperationException("no guarded memory");
        }
    }

    public int Length { get; }

    /// <summary>The last bytes before the guard behind.</summary>
    public Span<byte> Span => new(_map + _bytes - _page - Length, Length);

    public void Dispose() => _ = Munmap(_map, _bytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(void* address, nuint length);
}
