using Microsoft.Build.Utilities;
using ModelPack.Tasks;

namespace ModelPack.Tests.Build;

public sealed class CheckPackSizesTests
{
    [Theory]
    [InlineData(10, true)]
    [InlineData(9, false)]
    public void Packs_that_are_too_large_together_are_MP1012(long limit, bool fine)
    {
        using var folder = new TemporaryFolder();
        var engine = new RecordingBuildEngine();
        var task = new CheckPackSizes { BuildEngine = engine, Limit = limit, Packs = [new TaskItem(folder.Write("a.mpk", "12345")), new TaskItem(folder.Write("b.mpk", "12345"))] };
        Assert.Equal(fine, task.Execute());
        Assert.Equal(fine ? [] : ["MP1012"], engine.ErrorCodes);
    }
}
