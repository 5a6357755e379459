using ModelPack.Compiler.Import;

namespace ModelPack.Compiler.Architectures;

/// <summary>The model families that can be compiled: one line each.</summary>
internal static class ArchitectureTable
{
    public static IReadOnlyList<Architecture> All { get; } =
    [
        new Llama(),
    ];

    /// <summary>Builds the graph of a model file.</summary>
    /// <exception cref="ModelPackException">MP2101: none of the families.</exception>
    public static ModelGraph Build(ModelSource source)
    {
        var id = source.Metadata.GetString("general.architecture");
        var architecture = All.FirstOrDefault(a => a.Id == id)
            ?? throw new ModelPackException(
                CompilerCodes.ArchitectureUnknown,
                $"the model's architecture is '{Printable(id)}' (key general.architecture); known are: {string.Join(", ", All.Select(a => a.Id))}.");
        return architecture.Build(source);
    }

    private static string Printable(string text) =>
        new([.. text.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);
}
