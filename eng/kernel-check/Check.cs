using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace ModelPack.KernelCheck;

/// <summary>One kernel: its name and the work, which puts all results into the digest.</summary>
internal sealed record Check(string Name, Action<KernelSet, Digest> Run)
{
    /// <summary>XXH3 of the results' bits.</summary>
    public ulong Hash(KernelSet rung)
    {
        var digest = new Digest();
        Run(rung, digest);
        return digest.Value;
    }
}

/// <summary>A hash over the bits of results, in the order in which they are added.</summary>
internal sealed unsafe class Digest
{
    private readonly XxHash3 _hash = new();

    public ulong Value => _hash.GetCurrentHashAsUInt64();

    public void Add<T>(ReadOnlySpan<T> values)
        where T : unmanaged => _hash.Append(MemoryMarshal.AsBytes(values));

    public void Add<T>(T value)
        where T : unmanaged => _hash.Append(new ReadOnlySpan<byte>(&value, sizeof(T)));
}
