using System.Diagnostics;
using System.Text;

namespace ModelPack.Tests.Build;

/// <summary>
/// A project of a user's, in a folder of its own outside the repository: it has the props and targets as the package brings them, pointed at this
/// checkout's build outputs.
/// </summary>
internal sealed class ConsumerProject : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="items">What stands in the project beside the references, for example CompressedModel items.</param>
    /// <param name="properties">Lines for its property group.</param>
    public ConsumerProject(string items, string properties = "")
    {
        // Nothing of what lies above the temporary folder takes part.
        _folder.Write("Directory.Build.props", "<Project />");
        _folder.Write("Directory.Build.targets", "<Project />");
        _folder.Write("Directory.Packages.props", "<Project />");
        _folder.Write("app.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <ModelPackTasksAssembly>{Repository.Assembly("Tasks", "netstandard2.0", "ModelPack.Tasks.dll")}</ModelPackTasksAssembly>
                <ModelPackCompilerAssembly>{Repository.Assembly("Compiler", "net10.0", "modelpack.dll")}</ModelPackCompilerAssembly>
                <!-- Assemblies are referenced where they were built; a package has no symbols and documentation beside them. -->
                <AllowedReferenceRelatedFileExtensions>.none</AllowedReferenceRelatedFileExtensions>
                {properties}
              </PropertyGroup>
              <Import Project="{Repository.Path("Tasks", "build", "ModelPack.props")}" />
              <ItemGroup>
                <Analyzer Include="{Repository.Assembly("Generator", "netstandard2.0", "ModelPack.Generator.dll")}" />
                <Reference Include="{Path.Combine(AppContext.BaseDirectory, "ModelPack.Runtime.dll")}" />
                <Reference Include="{Path.Combine(AppContext.BaseDirectory, "ZstdSharp.dll")}" />
                <Reference Include="{Path.Combine(AppContext.BaseDirectory, "System.IO.Hashing.dll")}" />
                {items}
              </ItemGroup>
              <Import Project="{Repository.Path("Tasks", "build", "ModelPack.targets")}" />
            </Project>
            """);
    }

    /// <summary>Full path of a file of the project.</summary>
    public string this[string relative] => _folder[relative];

    public string Write(string relative, string text) => _folder.Write(relative, text);

    public void Copy(string source, string relative)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        File.Copy(source, this[relative]);
        File.SetAttributes(this[relative], FileAttributes.Normal);
    }

    /// <summary>Files under obj/modelpack, by extension.</summary>
    public string[] Outputs(string extension) => Directory.Exists(this["obj/modelpack"])
        ? Directory.GetFiles(this["obj/modelpack"], "*" + extension, SearchOption.AllDirectories)
        : [];

    /// <summary>Runs <c>dotnet</c> in the project's folder, without any build server.</summary>
    public BuildResult DotNet(params string[] arguments) => Run("dotnet", arguments);

    /// <summary>Runs a program in the project's folder.</summary>
    public BuildResult Run(string program, params string[] arguments) => RunIn(_folder.FullPath, [], program, arguments);

    /// <summary>Runs a program in <paramref name="folder"/>, without any build server and with <paramref name="variables"/> in its environment.</summary>
    public static BuildResult RunIn(string folder, Dictionary<string, string> variables, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        // What a `dotnet test` above us told its own MSBuild is not for this one.
        foreach (var name in start.Environment.Keys.Where(IsOfTheBuildAbove).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Run(start);
    }

    /// <summary>Runs a program in <paramref name="folder"/> with an empty environment: no PATH, no HOME, no .NET to be found.</summary>
    public static BuildResult RunAlone(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        start.Environment.Clear();
        return Run(start);
    }

    private static BuildResult Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        start.StandardOutputEncoding = Encoding.UTF8;
        start.StandardErrorEncoding = Encoding.UTF8;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    public void Dispose() => _folder.Dispose();

    private static bool IsOfTheBuildAbove(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("TESTINGPLATFORM", StringComparison.OrdinalIgnoreCase)
        || name is "CI" or "DOTNET_HOST_PATH" or "DOTNET_CLI_CONTEXT_VERBOSE";
}

/// <summary>What a program printed and how it ended.</summary>
internal sealed record BuildResult(int ExitCode, string Output, string Errors)
{
    /// <summary>How often the compiler was started for <paramref name="verb"/>; needs <c>-v:n</c>.</summary>
    public int Runs(string verb) => Output.Split('\n').Count(line => line.Contains($"modelpack.dll {verb} ", StringComparison.Ordinal));

    public BuildResult Succeeds()
    {
        Assert.True(ExitCode == 0, $"ended with {ExitCode}:\n{Output}\n{Errors}");
        return this;
    }

    public BuildResult Fails()
    {
        Assert.True(ExitCode != 0, $"was expected to fail:\n{Output}\n{Errors}");
        return this;
    }
}
