namespace ModelPack.Compiler.Cli;

/// <summary>The verbs of <c>modelpack</c>, and the one place where errors become lines that MSBuild understands.</summary>
internal static class Verbs
{
    private const string Usage = """
        modelpack compiles language models into .NET applications.

          modelpack inspect FILE [--json]                       what is in a model file
          modelpack pack FILE -o OUT.mpk [--quality Source]     compile a model
          modelpack run FILE --prompt TEXT | --ids 1,2,3        generate, greedily, through the interpreter
          modelpack tokenize FILE --texts TEXTS.json            token ids of a JSON list of texts
          modelpack measure FILE --text TEXT                    perplexity, and what int8 activations cost

        Most builds never call it: the targets of the package ModelPack do.
        """;

    public static int Run(string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        var verb = arguments.FirstOrDefault();
        var rest = arguments.AsSpan(Math.Min(1, arguments.Length));
        try
        {
            switch (verb)
            {
                case "inspect":
                    return InspectVerb.Run(rest, output);
                case "pack":
                    return PackVerb.Run(rest, output, cancellation);
                case "run":
                    return RunVerb.Run(rest, output, cancellation);
                case "tokenize":
                    return TokenizeVerb.Run(rest, output);
                case "measure":
                    return MeasureVerb.Run(rest, output, cancellation);
                case "--version":
                    output.WriteLine(ModelCompiler.Version);
                    return 0;
                case null or "-h" or "--help" or "help":
                    output.WriteLine(Usage);
                    return 0;
                default:
                    throw CommandLine.Error($"there is no verb '{verb}'; there are inspect, pack, run, tokenize, measure.");
            }
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("modelpack: cancelled.");
            return 130;
        }
        catch (ModelPackException e)
        {
            errors.WriteLine($"{Place(rest)} : error {e.Code}: {OneLine(e.Text)}");
            return 1;
        }
        catch (IOException e)
        {
            // A full disk, a pipe that was closed: the machine's trouble, not a defect.
            errors.WriteLine($"{Place(rest)} : error {CompilerCodes.OutputUnwritable}: reading or writing failed: {OneLine(e.Message)}");
            return 1;
        }
#pragma warning disable CA1031 // The last line of defence: a defect is reported as such, never as a stack trace alone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            errors.WriteLine($"{Place(rest)} : error {CompilerCodes.Internal}: a defect in ModelPack {ModelCompiler.Version}, please report it with the model's name: {OneLine(e.ToString())}");
            return 1;
        }
    }

    /// <summary>The file that an error is about, as MSBuild's canonical form wants it in front.</summary>
    private static string Place(ReadOnlySpan<string> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith('-'))
            {
                return arguments[i];
            }

            // What stands behind an option is its value.
            i += arguments[i] is "--json" or "--special" ? 0 : 1;
        }

        return "modelpack";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
