using ModelPack.Compiler.Import.Gguf;

namespace ModelPack.Compiler.Import;

/// <summary>Which reader reads a file: decided by its first bytes, never by its name. Adding a container is one line here.</summary>
internal static class ContainerTable
{
    private static readonly Container[] s_containers =
    [
        new("GGUF", "GGUF"u8.ToArray(), GgufSource.Read),
    ];

    private sealed record Container(string Name, byte[] Magic, Func<MappedFile, ImportLimits, ModelSource> Read);

    public static ModelSource Open(string path, ImportLimits limits)
    {
        var file = MappedFile.Open(path);
        try
        {
            var start = file.Span(0, (int)Math.Min(file.Length, 16));
            foreach (var container in s_containers)
            {
                if (start.StartsWith(container.Magic))
                {
                    return container.Read(file, limits);
                }
            }

            throw new ModelPackException(
                CompilerCodes.ContainerUnknown,
                $"'{file.Path}' is no model file that ModelPack reads: it starts with the bytes {Convert.ToHexString(start[..Math.Min(4, start.Length)])}{Hint(start)}, "
                + $"expected {string.Join(" or ", s_containers.Select(c => $"{Convert.ToHexString(c.Magic)} ({c.Name})"))}. Use a GGUF file.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What the file most likely is, for those that people try.</summary>
    private static string Hint(ReadOnlySpan<byte> start) =>
        start.StartsWith("vers"u8) ? " (a git-lfs pointer: run 'git lfs pull')"
        : start.StartsWith("PK"u8) ? " (a zip archive: a PyTorch checkpoint?)"
        : start.StartsWith("lmgg"u8) || start.StartsWith("fmgg"u8) || start.StartsWith("tjgg"u8) ? " (a ggml file from before GGUF: convert it)"
        : start.Length > 9 && start[8] == (byte)'{' ? " (a safetensors file: convert it to GGUF)"
        : "";
}
