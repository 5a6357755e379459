using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using ModelPack.Execution;

namespace ModelPack.Platform;

/// <summary>
/// The bytes of a pack at rest, part by part, for those who decode them. Where the file behind the mapped memory is known they are read from it into a buffer that stays in
/// the cache: mapping 93 MB page by page and giving the pages back took 50 ms of processor time, reading them 7 (Zen 5 virtual machine). Else they are used
/// where they are mapped, and the pages go back to the file.
/// </summary>
internal sealed unsafe class StoredBytes : IDisposable
{
    /// <summary>
    /// A fault brings in pages around the one it is about (Linux: up to 64 KiB of what is in the page cache, mm/memory.c, fault_around_bytes). Reading on from a part
    /// that has been released maps its end again, so a release reaches back this far.
    /// </summary>
    private const int FaultAroundBytes = 1 << 16;

    private readonly byte* _data;
    private readonly SafeFileHandle? _file;
    private readonly long _offset;
    private readonly bool _canRelease;

    // Pages wholly inside the pack: those at its ends may hold a neighbour's bytes, which are not the file's where the loader has relocated them.
    private readonly nuint _first;
    private readonly nuint _end;

    /// <param name="data">The pack, mapped.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="file">What it is mapped from, if that is known.</param>
    public StoredBytes(byte* data, long length, FileRange? file)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        _data = data;
        _first = ((nuint)data + page - 1) / page * page;
        _end = ((nuint)data + (nuint)length) / page * page;
        _canRelease = _first < _end && PageAdvice.CanRelease(file);
        _file = file is null ? null : Open(file.Path);
        _offset = file?.Offset ?? 0;
    }

    /// <summary>A part of the pack, read into <paramref name="buffer"/> or as <see cref="Mapped"/>.</summary>
    /// <param name="offset">First byte in the pack.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="buffer">Replaced by a larger one where it is too small; the caller's.</param>
    public ReadOnlySpan<byte> Read(long offset, int bytes, ref NativeBuffer? buffer)
    {
        if (_file is null)
        {
            return Mapped(offset, bytes);
        }

        if (buffer is null || buffer.Bytes < bytes)
        {
            buffer?.Dispose();
            buffer = new(bytes, pressure: false);
        }

        var span = new Span<byte>(buffer.Pointer, bytes);
        return TryFill(span, _offset + offset) ? span : Mapped(offset, bytes);
    }

    /// <summary>
    /// A part of the pack that has the hash it should have, read into <paramref name="buffer"/>; where that has another, mapped: the file may have been replaced since it was mapped.
    /// </summary>
    /// <param name="offset">First byte in the pack.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="hash">XXH3 of them.</param>
    /// <param name="buffer">As <see cref="Read"/> says.</param>
    /// <param name="stored">The bytes, right or wrong.</param>
    public bool TryRead(long offset, int bytes, ulong hash, ref NativeBuffer? buffer, out ReadOnlySpan<byte> stored)
    {
        stored = Read(offset, bytes, ref buffer);
        if (XxHash3.HashToUInt64(stored) != hash)
        {
            stored = Mapped(offset, bytes);
            return XxHash3.HashToUInt64(stored) == hash;
        }

        return true;
    }

    /// <summary>A part of the pack where it is mapped.</summary>
    public ReadOnlySpan<byte> Mapped(long offset, int bytes) => new(_data + offset, bytes);

    /// <summary>
    /// The part is not needed any more. All pages that it touches go; those that it shares with other parts come back when these are read.
    /// </summary>
    public void Release(long offset, long bytes)
    {
        if (!_canRelease || _file is not null)
        {
            return;
        }

        nuint page = (nuint)Environment.SystemPageSize, start = (nuint)_data + (nuint)offset;
        var first = Math.Max(_first, (start - FaultAroundBytes) / page * page);
        var end = Math.Min(_end, (start + (nuint)bytes + page - 1) / page * page);
        if (first < end)
        {
            PageAdvice.Release((byte*)first, end - first);
        }
    }

    public void Dispose() => _file?.Dispose();

    private bool TryFill(Span<byte> span, long at)
    {
        try
        {
            while (!span.IsEmpty)
            {
                var got = RandomAccess.Read(_file!, span, at);
                if (got <= 0)
                {
                    return false;
                }

                at += got;
                span = span[got..];
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static SafeFileHandle? Open(string path)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null; // deleted or replaced: the mapped memory is still there
        }
    }
}
