using System.Globalization;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Import.Gguf;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack reference FILE -o REF.gguf</c>: the f16 model against which compressed forms of a published, quantised file are measured (<see cref="ReferenceModel"/>).</summary>
internal static class ReferenceVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("reference", arguments, ["-o", "--threads"], ["--json"]);
        var path = line.Require("-o");
        if (path.Length > 0 && Path.GetFullPath(path) == Path.GetFullPath(line.File))
        {
            throw CommandLine.Error($"-o '{path}' is the model itself: name another file.");
        }

        using var source = ModelSource.Open(line.File);
        if (source is not GgufSource gguf)
        {
            throw new ModelPackException(CompilerCodes.ReferenceUnsupported, $"'{source.Path}' is {source.Container}; a reference model is made of a GGUF file.");
        }

        using var file = new OutputFile(path);
        ReferenceModel.Write(gguf, file.Stream, line.Integer("--threads", 1, ModelOptions.MaxThreads) ?? Environment.ProcessorCount, _ => { }, cancellation);
        var bytes = file.Stream.Length;
        file.Commit();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(line.File)}: {source.FileBytes / 1e6:F1} MB -> reference model of {bytes / 1e6:F1} MB"));
        if (line.Has("--json"))
        {
            output.WriteLine(new JsonObject { ["bytes_in"] = source.FileBytes, ["bytes_out"] = bytes }.ToJsonString());
        }

        return 0;
    }
}
