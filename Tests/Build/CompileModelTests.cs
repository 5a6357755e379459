using System.Diagnostics;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using ModelPack.Tasks;

namespace ModelPack.Tests.Build;

public sealed class CompileModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingBuildEngine _engine = new();
    private readonly string _compiler;
    private readonly string _host;
    private readonly ITaskItem _model;

    public CompileModelTests()
    {
        _compiler = _folder.Write("tools/modelpack.dll", "");
        _host = _folder.Write("sdk/dotnet", "");
        var file = _folder.Write("my model.gguf", "weights");
        _model = Assert.Single(Resolved(file));
    }

    public void Dispose() => _folder.Dispose();

    private ITaskItem[] Resolved(string file)
    {
        var resolve = new ResolveCompressedModels { BuildEngine = _engine, Models = [new TaskItem(file)], RootNamespace = "App", IntermediateFolder = _folder["obj"] };
        Assert.True(resolve.Execute());
        return resolve.ResolvedModels;
    }

    private string Output(string metadatum) => _model.GetMetadata(metadatum);

    private CompileModel Task(bool pack, Func<string, string, int>? execute) =>
        new(execute) { BuildEngine = _engine, Pack = pack, Model = _model, Compiler = _compiler, DotNetHost = _host };

    /// <summary>What the compiler does where all goes well.</summary>
    private int WriteOutputs(string host, string arguments)
    {
        foreach (var output in new[] { Output("PackFile"), Output("PlanFile"), Output("ShapeFile") })
        {
            foreach (var unfinished in new[] { output + ".new", output + ".inspected.new" }.Where(u => arguments.Contains(u, StringComparison.Ordinal)))
            {
                File.WriteAllText(unfinished, Path.GetExtension(output));
            }
        }

        return 0;
    }

    [Fact]
    public void Inspect_is_started_on_the_dotnet_host_with_quoted_paths_and_an_unfinished_output()
    {
        var line = "";
        Assert.True(Task(pack: false, (host, arguments) =>
        {
            line = $"{host} {arguments.Trim()}";
            return WriteOutputs(host, arguments);
        }).Execute());
        Assert.Equal($"{_host} --roll-forward Major {_compiler} inspect \"{_model.ItemSpec}\" --name MyModel --namespace App --quality Source --shape {Output("ShapeFile")}.inspected.new", line);
        Assert.Equal(".shape", File.ReadAllText(Output("ShapeFile")));
        Assert.False(File.Exists(Output("ShapeFile") + ".inspected.new"));
    }

    [Fact]
    public void Pack_gets_outputs_context_length_and_threads()
    {
        var line = "";
        _model.SetMetadata("ContextLength", "128");
        var task = Task(pack: true, (host, arguments) =>
        {
            line = arguments;
            return WriteOutputs(host, arguments);
        });
        task.Threads = "3";
        Assert.True(task.Execute());
        Assert.EndsWith($" --quality Source --context-length 128 -o {Output("PackFile")}.new --plan {Output("PlanFile")}.new --shape {Output("ShapeFile")}.new --threads 3", line);
        Assert.Equal(File.ReadAllText(Output("InputsFile")), File.ReadAllText(Output("PackStamp")));
    }

    [Fact]
    public void Outputs_that_come_out_the_same_keep_their_time()
    {
        Assert.True(Task(pack: true, WriteOutputs).Execute());
        var past = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Output("PackFile"), past);
        File.Delete(Output("PackStamp"));

        Assert.True(Task(pack: true, WriteOutputs).Execute());
        Assert.Equal(past, File.GetLastWriteTimeUtc(Output("PackFile")));
        Assert.True(File.Exists(Output("PackStamp")));
    }

    [Fact]
    public void What_another_build_has_just_made_is_not_made_again()
    {
        Assert.True(Task(pack: true, WriteOutputs).Execute());
        Assert.True(Task(pack: true, (_, _) => throw new InvalidOperationException("started")).Execute());
    }

    [Fact]
    public void A_failure_leaves_no_stamp_and_nothing_half_written()
    {
        Assert.False(Task(pack: true, (host, arguments) =>
        {
            WriteOutputs(host, arguments);
            return 1;
        }).Execute());
        Assert.Equal(["MP1011"], _engine.ErrorCodes);
        Assert.Contains("exit code 1", _engine.Errors[0].Message);
        Assert.False(File.Exists(Output("PackStamp")));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Output("PackFile"))!, "*.new"));
    }

    [Fact]
    public void A_compiler_that_writes_nothing_is_MP1011()
    {
        Assert.False(Task(pack: false, (_, _) => 0).Execute());
        Assert.Equal(["MP1011"], _engine.ErrorCodes);
        Assert.False(File.Exists(Output("InspectStamp")));
    }

    [Fact]
    public void A_missing_compiler_is_MP1010()
    {
        File.Delete(_compiler);
        Assert.False(Task(pack: false, WriteOutputs).Execute());
        Assert.Equal(["MP1010"], _engine.ErrorCodes);
        Assert.Contains(_compiler, _engine.Errors[0].Message);
    }

    [Fact]
    public void Error_lines_of_the_child_process_become_errors_and_other_lines_messages()
    {
        var task = Shell("echo 'packing 50%'; echo \"/m/x.gguf : error MP2003: 'output.weight' ends 12 bytes past the file\" >&2; exit 1");
        Assert.False(task.Execute());
        var error = Assert.Single(_engine.Errors);
        Assert.Equal("MP2003", error.Code);
        Assert.Equal("/m/x.gguf", error.File);
        Assert.Equal("'output.weight' ends 12 bytes past the file", error.Message);
        Assert.Contains(_engine.Messages, m => m.Message == "packing 50%" && m.Importance == MessageImportance.High);
    }

    [Fact]
    public void Warning_lines_of_the_child_process_become_warnings_and_the_build_goes_on()
    {
        var task = Shell($"echo '/m/x.gguf : warning MP2301: the chat template is beyond what is translated: line 2' >&2; echo pack >'{Output("PackFile")}.new'; echo plan >'{Output("PlanFile")}.new'; echo shape >'{Output("ShapeFile")}.new'");
        Assert.True(task.Execute());
        var warning = Assert.Single(_engine.Warnings);
        Assert.Equal("MP2301", warning.Code);
        Assert.Equal("/m/x.gguf", warning.File);
        Assert.Equal("the chat template is beyond what is translated: line 2", warning.Message);
    }

    [Fact]
    public async System.Threading.Tasks.Task Cancelling_kills_the_child_process()
    {
        var pidFile = _folder["pid"];
        var half = Output("PackFile") + ".new.123.tmp";
        var task = Shell($"echo half >'{half}'; echo $$ >'{pidFile}.new'; mv '{pidFile}.new' '{pidFile}'; exec sleep 600");
        var run = System.Threading.Tasks.Task.Run(task.Execute);
        while (!File.Exists(pidFile) && !run.IsCompleted)
        {
            await System.Threading.Tasks.Task.Delay(20);
        }

        task.Cancel();
        Assert.False(await run.WaitAsync(TimeSpan.FromMinutes(1)));
        var pid = int.Parse(File.ReadAllText(pidFile));
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(pid));
        Assert.False(File.Exists(Output("PackStamp")));
        Assert.False(File.Exists(half), "a killed compiler's temporary file stays");
    }

    /// <summary>The task with a shell script in the place of the dotnet host.</summary>
    private CompileModel Shell(string script)
    {
        var host = _folder.Write("host", $"#!/bin/sh\n{script}\n");
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("needs a shell script as the child process");
        }
        else
        {
            File.SetUnixFileMode(host, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var task = Task(pack: true, null);
        task.DotNetHost = host;
        return task;
    }
}
