using ModelPack.Compiler;
using ModelPack.Compiler.Cli;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Cli;

public sealed class CommandLineTests
{
    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    [Theory]
    [InlineData("modelpack", "there is no verb 'quantize'; there are inspect, pack, run, tokenize, measure, profile, reference", "quantize")]
    [InlineData("modelpack", "pack wants a file", "pack")]
    [InlineData("m.gguf", "-o is missing", "pack", "m.gguf")]
    [InlineData("m.gguf", "--name wants a value", "pack", "m.gguf", "--name")]
    [InlineData("m.gguf", "-o is given twice", "pack", "-o", "a.mpk", "m.gguf", "-o", "b.mpk")]
    [InlineData("m.gguf", "no option '--maxsize'; it has --name", "pack", "-o", "a.mpk", "m.gguf", "--maxsize", "60MB")]
    [InlineData("m.gguf", "one file; there are 'm.gguf' and 'n.gguf'", "inspect", "--json", "m.gguf", "n.gguf")]
    [InlineData("m.gguf", "--context-length is 'x'; expected an integer from 1", "inspect", "m.gguf", "--context-length", "x")]
    [InlineData("m.gguf", "--threads is '257'; expected an integer from 1 to 256", "run", "m.gguf", "--threads", "257")]
    [InlineData("m.gguf", "--activations is 'int4'; expected int8 or float", "run", "m.gguf", "--activations", "int4")]
    [InlineData("m.gguf", "--kernels is 'sse9'; expected auto, scalar", "run", "m.gguf", "--kernels", "sse9")]
    [InlineData("m.gguf", "--resident is 'both'; expected auto, compact, expanded", "measure", "m.gguf", "--resident", "both")]
    [InlineData("m.gguf", "run wants one of --prompt TEXT, --ids", "run", "m.gguf")]
    [InlineData("m.gguf", "run wants one of --prompt TEXT, --ids", "run", "m.gguf", "--prompt", "a", "--ids", "1")]
    public void A_command_line_that_makes_no_sense_says_what_does(string place, string part, params string[] arguments) =>
        Assert.Contains(part, Modelpack.Refused("MP3004", place, arguments), StringComparison.Ordinal);

    [Theory]
    [InlineData("inspect")]
    [InlineData("pack")]
    [InlineData("run")]
    [InlineData("tokenize")]
    [InlineData("measure")]
    [InlineData("reference")]
    public void Help_lists_all_options_of_a_verb(string verb)
    {
        var help = Modelpack.Ok(verb, "m.gguf", "--help").Output;
        Assert.Contains($"modelpack {verb} ", help, StringComparison.Ordinal);
        Assert.Equal(help, Modelpack.Ok(verb, "-h").Output);
        var text = Modelpack.Refused("MP3004", "m.gguf", verb, "m.gguf", "--no-such");
        var options = text[(text.IndexOf("it has ", StringComparison.Ordinal) + 7)..^1].Split(", ");
        Assert.All(options, option => Assert.Contains(option, help.Split((char[])[' ', '\n', '\r', ','])));
        Assert.Contains(verb, Modelpack.Ok("--help").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_lists_all_values_of_a_choice()
    {
        string pack = Modelpack.Ok("pack", "--help").Output, run = Modelpack.Ok("run", "--help").Output;
        Assert.All((string[])[.. Enum.GetNames<Effort>(), .. Enum.GetNames<Optimize>(), .. Enum.GetNames<Recipe>()], name => Assert.Contains(name, pack, StringComparison.Ordinal));
        Assert.All((string[])[.. Enum.GetNames<KernelSet>(), .. Enum.GetNames<ResidentForm>()], name => Assert.Contains(name.ToLowerInvariant(), run, StringComparison.Ordinal));
    }

    [Fact]
    public void A_prompt_that_looks_like_help_is_a_prompt() =>
        Assert.Contains("prompt_ids", Modelpack.Ok("run", Stories, "--prompt", "-h", "--max-tokens", "1", "--json").Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("1,,2")]
    [InlineData("1,x")]
    public void Ids_that_are_no_numbers_are_refused(string ids) =>
        Assert.Contains("separated by commas", Modelpack.Refused("MP3004", Stories, "run", Stories, "--ids", ids), StringComparison.Ordinal);

    [Theory]
    [InlineData("inspect")]
    [InlineData("pack", "-o", "x.mpk")]
    [InlineData("run", "--prompt", "a")]
    public void A_missing_model_is_an_error_about_that_file(string verb, params string[] options) =>
        Modelpack.Refused("MP2001", "no/such.gguf", [verb, .. options, "no/such.gguf"]);

    [Fact]
    public void Help_and_version_are_told()
    {
        Assert.Contains("modelpack pack FILE", Modelpack.Ok().Output, StringComparison.Ordinal);
        Assert.Contains("modelpack measure", Modelpack.Ok("--help").Output, StringComparison.Ordinal);
        Assert.Equal(ModelCompiler.Version, Modelpack.Ok("--version").Output.TrimEnd());
    }

    [Fact]
    public void A_defect_is_one_line_that_asks_for_a_report()
    {
        using var broken = new BrokenWriter();
        using var errors = new StringWriter();
        Assert.Equal(1, Verbs.Run(["inspect", Stories], broken, errors, TestContext.Current.CancellationToken));
        var line = errors.ToString().TrimEnd();
        Assert.StartsWith($"{Stories} : error MP9001: a defect in ModelPack {ModelCompiler.Version}, please report it", line, StringComparison.Ordinal);
        Assert.Contains("broken on purpose", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    private sealed class BrokenWriter : StringWriter
    {
        public override void WriteLine(string? value) => throw new InvalidOperationException("broken on purpose");
    }
}
