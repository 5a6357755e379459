namespace ModelPack.Compiler.Cli;

/// <summary>The options that <c>run</c> and <c>measure</c> share.</summary>
internal static class RunOptions
{
    public static readonly string[] Names = [.. CompressionArguments.Names, "--activations", "--kernels", "--threads", "--context-length", "--resident"];

    public static ModelOptions Read(CommandLine line)
    {
        var activations = line.Text("--activations") ?? "int8";
        if (activations is not ("int8" or "float"))
        {
            throw CommandLine.Error($"--activations is '{activations}'; expected int8 or float.");
        }

        return new()
        {
            Threads = line.Integer("--threads", 1, ModelOptions.MaxThreads) ?? 0,
            Kernels = Choice<KernelSet>(line, "--kernels"),
            FloatActivations = activations == "float",
            ResidentForm = Choice<ResidentForm>(line, "--resident"),
        };
    }

    /// <summary>An option that takes a name; where it is not given, the first there is.</summary>
    public static T Choice<T>(CommandLine line, string option)
        where T : struct, Enum
    {
        var value = default(T);
        return line.Text(option) is not { } text || (Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value))
            ? value
            : throw CommandLine.Error($"{option} is '{text}'; expected {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
    }
}
