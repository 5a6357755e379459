using ModelPack.Execution;

namespace ModelPack.Tests.Execution;

/// <summary>Blocks are cleared, apart from each other and stay where they are, however many share a region of memory.</summary>
public sealed unsafe class KvCacheTests
{
    [Theory]
    [InlineData(1, 1, 8, 8)] // a block of 6 KB: a region each
    [InlineData(30, 3, 64, 64)] // of 3 MB: four a region
    [InlineData(24, 8, 128, 128)] // of 13 MB: a region each
    public void Blocks_are_cleared_and_stay(int layers, int heads, int keyLength, int valueLength)
    {
        const int Blocks = 6;
        using var cache = new KvCache(new(16, 64 * Blocks, 16, 16, layers, heads, keyLength, valueLength));
        var floats = KvCache.BlockPositions * (keyLength + cache.ValueStride) * layers * heads;
        List<nint> starts = [];
        for (var block = 0; block < Blocks; block++)
        {
            cache.Reserve((KvCache.BlockPositions * block) + 1);
            Assert.Equal(4L * floats * (block + 1), cache.Bytes);
            Assert.Equal(cache.Bytes, cache.BytesFor(KvCache.BlockPositions * (block + 1)));
            var span = new Span<float>(cache.Keys(block, 0, 0), floats);
            Assert.Equal(-1, span.IndexOfAnyExcept(0f));
            span.Fill(block + 1);
            starts.Add((nint)cache.Keys(block, 0, 0));
        }

        for (var block = 0; block < Blocks; block++)
        {
            Assert.Equal(starts[block], (nint)cache.Keys(block, 0, 0));
            Assert.Equal(-1, new Span<float>(cache.Keys(block, 0, 0), floats).IndexOfAnyExcept(block + 1f));
        }

        cache.Dispose();
        Assert.Equal(0, cache.Bytes);
    }
}
