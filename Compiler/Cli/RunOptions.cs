namespace ModelPack.Compiler.Cli;

/// <summary>The options that <c>run</c> and <c>measure</c> share.</summary>
internal static class RunOptions
{
    public static readonly string[] Names = [.. CompressionArguments.Names, "--activations", "--kernels", "--threads", "--context-length"];

    public static ModelOptions Read(CommandLine line)
    {
        var activations = line.Text("--activations") ?? "int8";
        if (activations is not ("int8" or "float"))
        {
            throw CommandLine.Error($"--activations is '{activations}'; expected int8 or float.");
        }

        var kernels = KernelSet.Auto;
        if (line.Text("--kernels") is { } text && !(Enum.TryParse(text, ignoreCase: true, out kernels) && Enum.IsDefined(kernels)))
        {
            throw CommandLine.Error($"--kernels is '{text}'; expected {string.Join(", ", Enum.GetNames<KernelSet>()).ToLowerInvariant()}.");
        }

        return new() { Threads = line.Integer("--threads", 1, ModelOptions.MaxThreads) ?? 0, Kernels = kernels, FloatActivations = activations == "float" };
    }
}
