using System.Text.Json;
using System.Text.RegularExpressions;
using ModelPack.Compiler.Cli;

namespace ModelPack.Tests.Cli;

/// <summary>Runs a verb of <c>modelpack</c> as the command line does, within the test.</summary>
internal sealed partial record Modelpack(int ExitCode, string Output, string Errors)
{
    /// <summary>The last line of output, which <c>--json</c> asks for.</summary>
    public JsonElement Json => JsonDocument.Parse(Output.TrimEnd().Split('\n')[^1]).RootElement;

    public static Modelpack Run(params string[] arguments) => Run(TestContext.Current.CancellationToken, arguments);

    public static Modelpack Run(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        var code = Verbs.Run(arguments, output, errors, cancellation);
        return new(code, output.ToString(), errors.ToString());
    }

    /// <summary>Runs and asserts success.</summary>
    public static Modelpack Ok(params string[] arguments)
    {
        var result = Run(arguments);
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Empty(result.Errors);
        return result;
    }

    /// <summary>Runs and asserts one error line in MSBuild's canonical form, with <paramref name="code"/> and about <paramref name="place"/>; returns its text.</summary>
    public static string Refused(string code, string place, params string[] arguments)
    {
        var result = Run(arguments);
        Assert.Equal(1, result.ExitCode);
        var match = Canonical().Match(result.Errors.TrimEnd('\r', '\n'));
        Assert.True(match.Success, $"no canonical line: {result.Errors}");
        Assert.True(match.Groups["code"].Value == code, result.Errors);
        Assert.Equal(place, match.Groups["place"].Value);
        return match.Groups["text"].Value;
    }

    // https://learn.microsoft.com/visualstudio/msbuild/msbuild-diagnostic-format-for-tasks, one line.
    [GeneratedRegex(@"\A(?<place>[^\r\n]+?) : error (?<code>MP\d{4}): (?<text>[^\r\n]+)\z")]
    private static partial Regex Canonical();
}
