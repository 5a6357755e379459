namespace ModelPack.Compiler.Cli;

/// <summary>The verbs of <c>modelpack</c>, and the one place where errors become lines that MSBuild understands.</summary>
internal static class Verbs
{
    public static int Run(string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        var verb = arguments.FirstOrDefault();
        var rest = arguments.AsSpan(Math.Min(1, arguments.Length));
        if (AsksForHelp(rest))
        {
            output.WriteLine(Help.Of(verb));
            return 0;
        }

        try
        {
            switch (verb)
            {
                case "inspect":
                    return InspectVerb.Run(rest, output);
                case "pack":
                    return PackVerb.Run(rest, output, errors, cancellation);
                case "run":
                    return RunVerb.Run(rest, output, cancellation);
                case "tokenize":
                    return TokenizeVerb.Run(rest, output);
                case "measure":
                    return MeasureVerb.Run(rest, output, cancellation);
                case "profile":
                    return ProfileVerb.Run(rest, output, cancellation);
                case "--version":
                    output.WriteLine(ModelCompiler.Version);
                    return 0;
                case null or "-h" or "--help" or "help":
                    output.WriteLine(Help.Usage);
                    return 0;
                case "reference":
                    return ReferenceVerb.Run(rest, output, cancellation);
                default:
                    throw CommandLine.Error($"there is no verb '{verb}'; there are {string.Join(", ", Help.Verbs)}.");
            }
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("modelpack: cancelled.");
            return 130;
        }
        catch (Exception e) when (Cause(e) is { } cause)
        {
            errors.WriteLine($"{Place(rest)} : error {cause.Code}: {OneLine(cause.Text)}");
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

    /// <summary>Whether one of the options is <c>--help</c>, not an option's value.</summary>
    private static bool AsksForHelp(ReadOnlySpan<string> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is "--help" or "-h")
            {
                return true;
            }

            i += !arguments[i].StartsWith('-') || CommandLine.IsFlag(arguments[i]) ? 0 : 1;
        }

        return false;
    }

    /// <summary>The error that a user can do something about; null for a defect.</summary>
    private static ModelPackException? Cause(Exception e) => e switch
    {
        ModelPackException known => known,
        AggregateException many => many.Flatten().InnerExceptions.Select(Cause).FirstOrDefault(c => c is not null),
        OutOfMemoryException => new(CompilerCodes.OutOfMemory, "there is not enough memory for this model. Close other programs, use fewer --threads, or start from a smaller file."),
        // Importers put the model file's own troubles into words; what is left is a disk that is full, or a folder that went away.
        IOException or UnauthorizedAccessException => new(CompilerCodes.OutputUnwritable, $"a file cannot be written or read: {e.Message}"),
        _ => null,
    };

    /// <summary>The file that an error is about, as MSBuild's canonical form wants it in front.</summary>
    private static string Place(ReadOnlySpan<string> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith('-'))
            {
                return arguments[i];
            }

            i += CommandLine.IsFlag(arguments[i]) ? 0 : 1;
        }

        return "modelpack";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
