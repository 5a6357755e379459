using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using ModelPack.Tasks.Items;

namespace ModelPack.Tasks;

/// <summary>
/// Starts the compiler as a child process: <c>dotnet modelpack.dll inspect|pack …</c>. The build engine loads none of its dependencies and its memory
/// is freed when it ends; cancelling the build kills it. Its error lines (<c>FILE : error MP2003: text</c>) become errors of the build, its other lines messages.
/// </summary>
public class CompileModel : ToolTask
{
    private readonly Func<string, string, int>? _execute;
    private readonly CancellationTokenSource _cancelled = new();

    public CompileModel()
        : this(null)
    {
    }

    /// <param name="execute">Takes the place of the child process, in tests: gets host and arguments, gives the exit code.</param>
    internal CompileModel(Func<string, string, int>? execute)
    {
        _execute = execute;
        LogStandardErrorAsError = false;
        StandardErrorImportance = nameof(MessageImportance.High);
        // Nothing on stdout but progress, at most one line a second, and one summary line per model.
        StandardOutputImportance = nameof(MessageImportance.High);
    }

    /// <summary>Between several values of one metadatum; no path holds it.</summary>
    internal const string ValueSeparator = "\n";

    /// <summary><c>true</c> for shape, plan and pack; <c>false</c> for the shape, which needs the model's headers only.</summary>
    public bool Pack { get; set; }

    /// <summary>An item of <see cref="ResolveCompressedModels.ResolvedModels"/>.</summary>
    [Required]
    public ITaskItem Model { get; set; } = new TaskItem();

    /// <summary>Path of modelpack.dll.</summary>
    [Required]
    public string Compiler { get; set; } = "";

    /// <summary>The dotnet executable; empty: the one on the PATH.</summary>
    public string DotNetHost { get; set; } = "";

    /// <summary>Threads that packing may use; empty: the compiler's own choice.</summary>
    public string Threads { get; set; } = "";

    protected override string ToolName => Path.DirectorySeparatorChar == '\\' ? "dotnet.exe" : "dotnet";

    protected override MessageImportance StandardOutputLoggingImportance => MessageImportance.High;

    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.High;

    protected override Encoding StandardOutputEncoding => Encoding.UTF8;

    protected override Encoding StandardErrorEncoding => Encoding.UTF8;

    protected override string GenerateFullPathToTool() => DotNetHost.Length > 0 ? DotNetHost : ToolName;

    /// <summary>Folder of the user-level cache; empty: the compiler's own choice.</summary>
    public string CacheFolder { get; set; } = "";

    /// <summary>Bytes that the cache may have, such as <c>4GB</c>; empty: the compiler's own choice.</summary>
    public string CacheSize { get; set; } = "";

    /// <summary><c>false</c>: without the user-level cache.</summary>
    public string Cache { get; set; } = "";

    private string Stamp => Model.GetMetadata(Pack ? "PackStamp" : "InspectStamp");

    /// <summary>Output files and the option that names each; written beside their place first.</summary>
    private IEnumerable<(string Option, string Path)> Outputs => Pack
        ? [("-o", Model.GetMetadata("PackFile")), ("--plan", Model.GetMetadata("PlanFile")), ("--shape", Model.GetMetadata("ShapeFile"))]
        : [("--shape", Model.GetMetadata("ShapeFile"))];

    /// <summary>Inspecting and packing may run at once (an editor beside a build) and both write the shape.</summary>
    private string Unfinished(string path) => path + (Pack ? ".new" : ".inspected.new");

    public override bool Execute()
    {
        if (!File.Exists(Compiler))
        {
            LogError(MpCodes.CompilerMissing, $"the ModelPack compiler is not at '{Compiler}'. Restore the package (dotnet restore), or set ModelPackCompilerAssembly to modelpack.dll.");
            return false;
        }

        // Two builds of one project (targets, configurations, an IDE beside the command line) share these files.
        using var turn = OutputLock.Enter(Stamp + ".lock", _cancelled.Token, () => Log.LogMessage(MessageImportance.Normal, "Waiting for another build of '{0}'.", Model.ItemSpec));
        if (turn is null)
        {
            return false;
        }

        var inputs = File.ReadAllText(Model.GetMetadata("InputsFile"));
        if (File.Exists(Stamp) && File.ReadAllText(Stamp) == inputs)
        {
            // Its time is what the targets compare, and it may be older than a rewritten, equal inputs file.
            File.SetLastWriteTimeUtc(Stamp, DateTime.UtcNow);
            Log.LogMessage(MessageImportance.Low, "'{0}' is up to date: another build has just made it from the same inputs.", Model.ItemSpec);
            return true;
        }

        DeleteUnfinished();
        try
        {
            return base.Execute() && !Log.HasLoggedErrors && Finish(inputs);
        }
        finally
        {
            DeleteUnfinished();
        }
    }

    /// <summary>A compiler that was killed could not tidy up: its own temporary files begin with the output's name. (Nobody else writes here now.)</summary>
    private void DeleteUnfinished()
    {
        foreach (var unfinished in Outputs.Select(o => Unfinished(o.Path)))
        {
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(unfinished)!, Path.GetFileName(unfinished) + "*"))
            {
                File.Delete(file);
            }
        }
    }

    private bool Finish(string inputs)
    {
        foreach (var (_, path) in Outputs)
        {
            if (!File.Exists(Unfinished(path)))
            {
                LogError(MpCodes.CompilerFailed, $"the ModelPack compiler ended without an error but did not write '{path}'. Please report this.");
                return false;
            }
        }

        foreach (var (_, path) in Outputs)
        {
            Fingerprint.Publish(Unfinished(path), path);
        }

        // A pack brings the shape along: nothing is left to inspect.
        string[] stamps = Pack ? [Model.GetMetadata("InspectStamp"), Stamp] : [Stamp];
        foreach (var stamp in stamps)
        {
            Fingerprint.WriteIfDifferent(stamp, inputs);
            File.SetLastWriteTimeUtc(stamp, DateTime.UtcNow);
        }

        return true;
    }

    protected override string GenerateCommandLineCommands()
    {
        var line = new CommandLineBuilder();
        // A machine that has only a newer runtime runs the compiler on that.
        line.AppendSwitch("--roll-forward Major");
        line.AppendFileNameIfNotNull(Compiler);
        line.AppendSwitch(Pack ? "pack" : "inspect");
        line.AppendFileNameIfNotNull(Model.ItemSpec);
        Append(line, "--name", Model.GetMetadata("ClassName"));
        Append(line, "--namespace", Model.GetMetadata("ClassNamespace"));
        foreach (var metadatum in Metadatum.All.Where(m => m.Option.Length > 0 && (Pack || m.OfShape)))
        {
            foreach (var value in Model.GetMetadata(metadatum.Name).Split([ValueSeparator], StringSplitOptions.RemoveEmptyEntries))
            {
                Append(line, metadatum.Option, value);
            }
        }

        foreach (var (option, path) in Outputs)
        {
            Append(line, option, Unfinished(path));
        }

        if (Pack)
        {
            Append(line, "--threads", Threads);
            Append(line, "--cache", Cache.Equals("false", StringComparison.OrdinalIgnoreCase) ? "off" : CacheFolder);
            Append(line, "--cache-size", CacheSize);
        }

        return line.ToString();
    }

    private static void Append(CommandLineBuilder line, string option, string value)
    {
        if (value.Length > 0)
        {
            line.AppendSwitchIfNotNull(option + " ", value);
        }
    }

    protected override int ExecuteTool(string pathToTool, string responseFileCommands, string commandLineCommands) =>
        _execute?.Invoke(pathToTool, commandLineCommands) ?? base.ExecuteTool(pathToTool, responseFileCommands, commandLineCommands);

    /// <summary>The compiler says what is wrong in a line of its own; this is for when it could not.</summary>
    protected override bool HandleTaskExecutionErrors()
    {
        if (!Log.HasLoggedErrors)
        {
            LogError(MpCodes.CompilerFailed, $"the ModelPack compiler ended with exit code {ExitCode} on '{Model.ItemSpec}' and no error line. Its last output is above; an exit code of 137 means that the system ran out of memory.");
        }

        return false;
    }

    public override void Cancel()
    {
        _cancelled.Cancel();
        base.Cancel();
    }

    private void LogError(string code, string message) => Log.LogError(null, code, null, Model.GetMetadata("ProjectFile"), 0, 0, 0, 0, "{0}", message);
}
