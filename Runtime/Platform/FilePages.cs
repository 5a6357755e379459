namespace ModelPack.Platform;

/// <summary>The pages of a pack, which can be given back part by part where it is mapped from a file.</summary>
internal sealed unsafe class FilePages
{
    /// <summary>
    /// A fault brings in pages around the one it is about (Linux: up to 64 KiB of what is in the page cache, mm/memory.c, fault_around_bytes). Reading on from a part
    /// that has been released maps its end again, so a release reaches back this far.
    /// </summary>
    private const int FaultAroundBytes = 1 << 16;

    private readonly byte* _data;

    // Pages wholly inside the pack: those at its ends may hold a neighbour's bytes, which are not the file's where the loader has relocated them.
    private readonly nuint _first;
    private readonly nuint _end;

    public FilePages(byte* data, long length)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        _data = data;
        _first = ((nuint)data + page - 1) / page * page;
        _end = ((nuint)data + (nuint)length) / page * page;
        CanRelease = _first < _end && PageAdvice.CanRelease(data, length);
    }

    /// <summary>Whether <see cref="Release"/> does anything.</summary>
    public bool CanRelease { get; }

    /// <summary>
    /// All pages that a part of the pack touches go; those that it shares with other parts come back when these are read.
    /// </summary>
    /// <param name="offset">First byte in the pack.</param>
    /// <param name="bytes">How many.</param>
    public void Release(long offset, long bytes)
    {
        if (!CanRelease)
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
}
