using ModelPack.Tasks;

namespace ModelPack.Tests.Build;

public sealed class ChooseInstructionSetTests
{
    private readonly RecordingBuildEngine _engine = new();

    private ChooseInstructionSet Task(string architecture, string instructions = "", string user = "", bool apple = false) =>
        new() { BuildEngine = _engine, Architecture = architecture, Instructions = instructions, UserInstructionSet = user, IsApple = apple };

    [Theory]
    [InlineData("x64", "", false, "x86-64-v3")]
    [InlineData("arm64", "", false, "armv8.2-a,dotprod")]
    [InlineData("arm64", "", true, "")]
    [InlineData("", "", false, "")]
    [InlineData("x64", "x86-64-v4", false, "x86-64-v4")]
    [InlineData("arm64", "x86-64-v4", false, "armv8.2-a,dotprod")]
    [InlineData("arm64", "x86-64-v4; armv8.4-a", false, "armv8.4-a")]
    [InlineData("x64", "armv8.4-a; x86-64-v4", false, "x86-64-v4")]
    public void The_set_suits_the_target_and_is_named(string architecture, string instructions, bool apple, string expected)
    {
        var task = Task(architecture, instructions, apple: apple);
        Assert.True(task.Execute());
        Assert.Equal(expected, task.InstructionSet);
        Assert.Equal(expected.Length > 0, _engine.Messages.Any(m => m.Message!.Contains($"native code for {expected}", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_users_own_IlcInstructionSet_stays_without_a_word()
    {
        var task = Task("x64", user: "native");
        Assert.True(task.Execute());
        Assert.Equal("native", task.InstructionSet);
        Assert.Empty(_engine.Messages);
    }

    [Fact]
    public void Instructions_against_IlcInstructionSet_are_MP1009()
    {
        Assert.False(Task("x64", "x86-64-v4", "x86-64-v3").Execute());
        Assert.Equal(["MP1009"], _engine.ErrorCodes);
    }
}
