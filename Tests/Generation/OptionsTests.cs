using ModelPack.Platform;

namespace ModelPack.Tests.Generation;

public class OptionsTests
{
    public static TheoryData<string, Func<object>> OutOfRange { get; } = new()
    {
        { "ModelOptions.Threads is -1; expected 0 to 256", () => new ModelOptions { Threads = -1 } },
        { "ModelOptions.Threads is 257;", () => new ModelOptions { Threads = 257 } },
        { "ModelOptions.Kernels is 99; expected Auto, Scalar", () => new ModelOptions { Kernels = (KernelSet)99 } },
        { "ModelOptions.ResidentForm is 3; expected Auto, Compact, Expanded", () => new ModelOptions { ResidentForm = (ResidentForm)3 } },
        { "ModelOptions.ContextLength is 0;", () => new ModelOptions { ContextLength = 0 } },
        { "ModelOptions.ContextLength is -5;", () => new ModelOptions { ContextLength = -5 } },
        { "ModelOptions.MaxMemoryBytes is 1000;", () => new ModelOptions { MaxMemoryBytes = 1000 } },
        { "ModelOptions.MaxMemoryBytes is -1;", () => new ModelOptions { MaxMemoryBytes = -1 } },
        { "GenerateOptions.MaxTokens is 0;", () => new GenerateOptions { MaxTokens = 0 } },
        { "GenerateOptions.Temperature is -0.1; expected 0 to 100 (0 is greedy)", () => new GenerateOptions { Temperature = -0.1f } },
        { "GenerateOptions.Temperature is NaN;", () => new GenerateOptions { Temperature = float.NaN } },
        { "GenerateOptions.Temperature is Infinity;", () => new GenerateOptions { Temperature = float.PositiveInfinity } },
        { "GenerateOptions.TopK is -1;", () => new GenerateOptions { TopK = -1 } },
        { "GenerateOptions.TopP is 1.5; expected 0 to 1", () => new GenerateOptions { TopP = 1.5f } },
        { "GenerateOptions.TopP is -1;", () => new GenerateOptions { TopP = -1 } },
        { "GenerateOptions.TopP is NaN;", () => new GenerateOptions { TopP = float.NaN } },
        { "GenerateOptions.MinP is 2;", () => new GenerateOptions { MinP = 2 } },
        { "GenerateOptions.MinP is NaN;", () => new GenerateOptions { MinP = float.NaN } },
        { "GenerateOptions.RepetitionPenalty is 0; expected 0.01 to 100", () => new GenerateOptions { RepetitionPenalty = 0 } },
        { "GenerateOptions.RepetitionPenalty is NaN;", () => new GenerateOptions { RepetitionPenalty = float.NaN } },
        { "GenerateOptions.RepetitionWindow is -2;", () => new GenerateOptions { RepetitionWindow = -2 } },
        { "GenerateOptions.StopStrings[1] is 0 characters long;", () => new GenerateOptions { StopStrings = ["a", ""] } },
        { "GenerateOptions.StopStrings[0] is null;", () => new GenerateOptions { StopStrings = [null!] } },
        { "GenerateOptions.StopStrings[0] is 1025 characters long;", () => new GenerateOptions { StopStrings = [new('x', 1025)] } },
        { "GenerateOptions.StopStrings[0] is not well-formed UTF-16;", () => new GenerateOptions { StopStrings = ["x\uDE00"] } },
        { "GenerateOptions.StopStrings is a list of 65;", () => new GenerateOptions { StopStrings = [.. Enumerable.Repeat("x", 65)] } },
    };

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public void A_value_out_of_range_is_refused_where_it_is_set(string message, Func<object> create)
    {
        var e = Assert.Throws<ModelPackException>(create);
        Assert.Equal("MP5101", e.Code);
        Assert.StartsWith(message, e.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void With_expressions_are_checked_too() =>
        Assert.Throws<ModelPackException>(() => new GenerateOptions() with { TopP = 7 });

    [Fact]
    public void The_ends_of_the_ranges_are_allowed()
    {
        _ = new ModelOptions { Threads = 256, ContextLength = 1, MaxMemoryBytes = 1 << 20, Kernels = KernelSet.Scalar };
        _ = new GenerateOptions { MaxTokens = int.MaxValue, Temperature = 100, TopK = int.MaxValue, TopP = 0, MinP = 1, RepetitionPenalty = 0.01f, RepetitionWindow = -1, Seed = ulong.MaxValue };
        _ = new GenerateOptions { Temperature = float.Epsilon, TopP = 1, RepetitionPenalty = 100, StopStrings = [.. Enumerable.Repeat("😀", 64)] };
        _ = new GenerateOptions { StopStrings = null! };
    }

    [Fact]
    public void The_defaults_are_greedy_with_every_filter_off()
    {
        var options = new GenerateOptions();
        Assert.Equal(
            (256, 0f, 0, 1f, 0f, 1f, null, 0),
            (options.MaxTokens, options.Temperature, options.TopK, options.TopP, options.MinP, options.RepetitionPenalty, options.Seed, options.StopStrings.Count));
    }

    [Fact]
    public void Stop_strings_do_not_change_with_the_callers_list()
    {
        var list = new List<string> { "a" };
        var options = new GenerateOptions { StopStrings = list };
        list[0] = "";
        Assert.Equal(["a"], options.StopStrings);
    }

    [Fact]
    public void Threads_are_counted_when_nobody_says()
    {
        Assert.InRange(new ModelOptions().EffectiveThreads, 1, 16);
        Assert.Equal(3, new ModelOptions { Threads = 3 }.EffectiveThreads);
    }

    [Theory]
    [InlineData(1, false, 1)]
    [InlineData(2, true, 2)]
    [InlineData(4, true, 4)]
    [InlineData(16, true, 8)]
    [InlineData(8, false, 8)]
    public void Hyper_threads_count_half_on_larger_machines(int processors, bool smt, int cores) =>
        Assert.Equal(cores, ProcessorTopology.Cores(processors, smt));
}
