using System.Runtime.Intrinsics.X86;

namespace ModelPack.Compiler.Profiles;

/// <summary>The size of the last cache before memory.</summary>
internal static class LastCache
{
    /// <summary>0 where the machine does not say.</summary>
    public static long Bytes { get; } = Math.Max(FromSystem(), FromProcessor());

    /// <summary>A size of which little is in a cache: twice the last one, 256 MB at least, 2 GB at most.</summary>
    public static long BeyondBytes { get; } = Math.Clamp(2 * Bytes, 256L << 20, 2L << 30);

    /// <summary>What Linux lists: the cache that this core reaches.</summary>
    private static long FromSystem()
    {
        const string Folder = "/sys/devices/system/cpu/cpu0/cache";
        return Directory.Exists(Folder)
            ? Directory.EnumerateFiles(Folder, "size", SearchOption.AllDirectories).Select(f => Size(File.ReadAllText(f).Trim())).Max()
            : 0;
    }

    private static long Size(string text) =>
        long.TryParse(text.TrimEnd('K', 'M'), out var number) ? number << (text.EndsWith('M') ? 20 : text.EndsWith('K') ? 10 : 0) : 0;

    /// <summary>
    /// CPUID, which virtual machines often answer where the system lists nothing. AMD's leaf 0x80000006 gives the whole socket's third cache in units of 512 KiB.
    /// </summary>
    private static long FromProcessor()
    {
        if (!X86Base.IsSupported)
        {
            return 0;
        }

        var leaf = unchecked((int)0x80000006);
        return (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= (uint)leaf ? (long)((uint)X86Base.CpuId(leaf, 0).Edx >> 18) << 19 : 0;
    }
}
