namespace ModelPack.Tests.Reference;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void Golden_blocks_have_the_bytes_and_values_they_claim()
    {
        var file = SafetensorsFile.OpenShared("golden/ggml-blocks.safetensors");

        Assert.Equal(44, file.Names.Count);
        Assert.Equal("U8", file.Type("Q4_1.blocks"));
        Assert.Equal([32L, 20L], file.Shape("Q4_1.blocks"));
        Assert.Equal(640, file.Bytes("Q4_1.blocks").Length);
        Assert.Equal(1024, file.GetFloats("Q4_1.values").Length);
    }
}
