using System.Diagnostics;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Graph;

/// <summary>Every failure is one line that MSBuild understands.</summary>
public sealed class CommandLineErrorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modelpack-cli-");

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("there is no verb 'compile'", "compile", "x.gguf")]
    [InlineData("wants a file", "inspect")]
    [InlineData("no option '--nmae'", "inspect", "x.gguf", "--nmae", "X")]
    [InlineData("takes one file", "inspect", "x.gguf", "y.gguf")]
    [InlineData("given twice", "inspect", "x.gguf", "--name", "A", "--name", "B")]
    [InlineData("wants a value", "inspect", "x.gguf", "--name")]
    [InlineData("-o is missing", "pack", "x.gguf")]
    [InlineData("--threads is '0'", "pack", "x.gguf", "-o", "x.mpk", "--threads", "0")]
    [InlineData("--context-length is 'many'", "inspect", "x.gguf", "--context-length", "many")]
    [InlineData("run wants one of --prompt TEXT, --ids", "run", "x.gguf")]
    [InlineData("run wants one of --prompt TEXT, --ids", "run", "x.gguf", "--prompt", "a", "--ids", "1")]
    [InlineData("--activations is 'int4'", "run", "x.gguf", "--prompt", "a", "--activations", "int4")]
    [InlineData("--kernels is 'mmx'", "run", "x.gguf", "--prompt", "a", "--kernels", "mmx")]
    [InlineData("--texts is missing", "tokenize", "x.gguf")]
    [InlineData("is not a JSON list of strings", "tokenize", "x.gguf", "--texts", "nowhere.json")]
    public void A_command_line_that_cannot_be_understood_is_MP3004(string part, params string[] arguments) => Fails("MP3004", part, arguments);

    [Fact]
    public void The_file_is_in_front_of_the_error_wherever_it_stands()
    {
        Assert.StartsWith("missing.gguf : error MP2001: ", Fails("MP2001", "does not exist", "inspect", "--json", "--name", "X", "missing.gguf"));
        Assert.StartsWith("modelpack : error MP3004: ", Fails("MP3004", "wants a file", "inspect", "--name", "X"));
    }

    [Theory]
    [InlineData("Best", "is not a quality")]
    [InlineData("-1", "is not a quality")]
    [InlineData("NaN", "is not a quality")]
    public void A_quality_that_is_none_is_MP3002(string quality, string part)
    {
        Fails("MP3002", part, "inspect", Stories, "--quality", quality);
        Fails("MP3002", part, "pack", Stories, "-o", Out("x.mpk"), "--quality", quality);
        Fails("MP3002", part, "run", Stories, "--prompt", "a", "--quality", quality);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public void A_context_beyond_the_models_own_is_MP3003() => Fails("MP3003", "512", "pack", Stories, "-o", Out("x.mpk"), "--context-length", "513");

    [Fact]
    public void An_output_that_cannot_be_written_is_MP3005()
    {
        File.WriteAllText(Out("file"), "");
        Fails("MP3005", Out("file"), "pack", Stories, "-o", Path.Combine(Out("file"), "x.mpk"));
        Fails("MP3005", Out("file"), "inspect", Stories, "--shape", Path.Combine(Out("file"), "x.shape"));
        Directory.CreateDirectory(Out("folder"));
        Fails("MP3005", Out("folder"), "pack", Stories, "-o", Out("folder"));
        Assert.Equal(["file", "folder"], _folder.GetFileSystemInfos().Select(f => f.Name).Order());
    }

    [Fact]
    public void A_pack_without_a_plan_that_fits_is_MP3006_or_MP5003()
    {
        Verbs.Run(["pack", Stories, "-o", Out("x.mpk")], TextWriter.Null, Console.Error, CancellationToken.None);
        var plan = File.ReadAllText(Out("x.plan"));
        File.WriteAllText(Out("x.plan"), plan.Replace("call SwiGlu gateUp activated", "call SwiGlu gateUp", StringComparison.Ordinal));
        Fails("MP3006", "SwiGlu", "run", Out("x.mpk"), "--prompt", "a");
        File.WriteAllText(Out("x.plan"), plan[..(plan.Length / 2)]);
        Fails("MP3006", "x.plan", "run", Out("x.mpk"), "--prompt", "a");
        File.WriteAllText(Out("x.plan"), System.Text.RegularExpressions.Regex.Replace(plan, "pack-hash \"....", "pack-hash \"0000"));
        Fails("MP5003", "", "run", Out("x.mpk"), "--prompt", "a");
        File.Delete(Out("x.plan"));
        Fails("MP3006", "x.plan", "run", Out("x.mpk"), "--prompt", "a");
    }

    [Theory]
    [InlineData("run", "--inputs", "i.safetensors")]
    public void Parts_of_the_design_that_are_not_built_are_MP3007(string verb, string option, string value) => Fails("MP3007", "does not have yet", verb, Stories, option, value);

    [Fact]
    public void A_tensor_too_large_for_a_segment_is_MP3001()
    {
        using var source = ModelSource.Open(Stories);
        var error = Assert.Throws<ModelPackException>(() => ResidentEncoder.Encode(source.Tensors[0], 1 << 20, 1 << 10));
        Assert.Equal("MP3001", error.Code);
        Assert.Contains(source.Tensors[0].Name, error.Message);
    }

    [Fact]
    public void Too_little_memory_is_MP3008_and_a_defect_MP9001()
    {
        Assert.Contains("error MP3008: ", FailsWith(new OutOfMemoryException()));
        Assert.Contains("error MP3005: ", FailsWith(new IOException("No space left on device")));
        Assert.Contains("error MP9001: ", FailsWith(new InvalidOperationException("two\nlines")));
        Assert.Contains("error MP2013: what", FailsWith(new AggregateException(new InvalidOperationException(), new AggregateException(new ModelPackException("MP2013", "what")))));
    }

    [Fact]
    [Trait("Lane", "models")]
    public async Task A_process_that_is_told_to_end_leaves_nothing_half_written()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGTERM on Windows");
        var model = SharedData.Path("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf");
        var compiler = Repository.Assembly("Compiler", "net10.0", "modelpack.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [compiler, "pack", model, "-o", Out("x.mpk"), "--threads", "1"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        while (!process.HasExited && !_folder.GetFiles().Any(f => f.Length > 1 << 20))
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("modelpack: cancelled.\n", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal(130, process.ExitCode);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    private string Out(string name) => Path.Combine(_folder.FullName, name);

    private static string FailsWith(Exception exception)
    {
        using var errors = new StringWriter();
        Assert.Equal(1, Verbs.Run(["inspect", Stories], new FailingWriter(exception), errors, CancellationToken.None));
        Assert.Equal(1, errors.ToString().Count(c => c == '\n'));
        return errors.ToString();
    }

    private static string Fails(string code, string part, params string[] arguments)
    {
        using var errors = new StringWriter();
        Assert.Equal(1, Verbs.Run(arguments, TextWriter.Null, errors, CancellationToken.None));
        var text = errors.ToString();
        Assert.Contains($" : error {code}: ", text);
        Assert.Contains(part, text);
        Assert.Equal(1, text.Count(c => c == '\n'));
        return text;
    }

    private sealed class FailingWriter(Exception exception) : StringWriter
    {
        public override void Write(char value) => throw exception;

        public override void WriteLine(string? value) => throw exception;
    }
}
