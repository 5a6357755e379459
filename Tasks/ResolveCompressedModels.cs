using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using ModelPack.Tasks.Items;

namespace ModelPack.Tasks;

/// <summary>
/// Checks the <c>CompressedModel</c> items of a project and says, for each, what the class is called, which options the compiler gets and
/// where its outputs lie. Reads no model: only names, lengths and times.
/// </summary>
public sealed class ResolveCompressedModels : Task
{
    /// <summary>The <c>CompressedModel</c> items.</summary>
    [Required]
    public ITaskItem[] Models { get; set; } = [];

    /// <summary>Namespace of models that have none of their own; the project's <c>RootNamespace</c>.</summary>
    public string RootNamespace { get; set; } = "";

    /// <summary>Folder of the project, to which paths in metadata are relative.</summary>
    public string ProjectFolder { get; set; } = "";

    /// <summary>The configuration that is built; Debug asks for little effort.</summary>
    public string Configuration { get; set; } = "";

    /// <summary>Folder for everything that the compiler writes; shared by all configurations and targets, because a pack depends on neither.</summary>
    [Required]
    public string IntermediateFolder { get; set; } = "";

    /// <summary>The compiler's own files and the targets: when one changes, everything is compiled again.</summary>
    public ITaskItem[] ToolFiles { get; set; } = [];

    /// <summary>
    /// One item per model: Include is the model's full path; metadata ClassName, ClassNamespace, one for each metadatum that
    /// the compiler is told (Quality, ContextLength …; several values in lines), InputsFile, ShapeFile, PlanFile, PackFile, InspectStamp, PackStamp,
    /// LogicalName, ProjectFile.
    /// </summary>
    [Output]
    public ITaskItem[] ResolvedModels { get; private set; } = [];

    /// <summary>The one value of metadatum Instructions that models of this project gave, or empty.</summary>
    [Output]
    public string Instructions { get; private set; } = "";

    public override bool Execute()
    {
        var reader = new CompressedModelReader(Log, RootNamespace, ProjectFolder, Configuration);
        var models = Models.Select(reader.Read).Where(m => m is not null).Select(m => m!).ToList();
        ReportClashes(models);
        ReportInstructions(models);
        if (Log.HasLoggedErrors)
        {
            return false;
        }

        var tools = Fingerprint.OfTools(ToolFiles.Select(f => f.GetMetadata("FullPath")));
        ResolvedModels = models.Select(m => Resolve(m, tools)).ToArray();
        return true;
    }

    /// <summary>Names are compared without case: the outputs are files, and some file systems know no case.</summary>
    private void ReportClashes(List<CompressedModelItem> models)
    {
        foreach (var clash in models.GroupBy(m => m.FullName, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            var second = clash.Last();
            second.Error(
                Log,
                MpCodes.NameClash,
                $"models {string.Join(" and ", clash.Select(m => $"'{m.Include}'"))} both become the class '{clash.Key}'. Give one of them another Name: <CompressedModel Include=\"{second.Include}\" Name=\"…\" />.");
        }
    }

    private void ReportInstructions(List<CompressedModelItem> models)
    {
        var given = models.Where(m => m.Instructions.Length > 0).ToList();
        Instructions = given.FirstOrDefault()?.Instructions ?? "";
        var other = given.FirstOrDefault(m => m.Instructions != Instructions);
        other?.Error(
            Log,
            MpCodes.InstructionsConflict,
            $"an application is compiled for one instruction set, but '{given[0].Include}' asks for Instructions=\"{Instructions}\" and '{other.Include}' for \"{other.Instructions}\". Give the same value, or set ModelPackInstructions once.");
    }

    private ITaskItem Resolve(CompressedModelItem model, string tools)
    {
        // The folder's name depends on the options, so two builds that run at once with different options never write the same files.
        var folder = Path.Combine(IntermediateFolder, $"{model.ClassName}.{Fingerprint.Short(model.Options)}");
        Directory.CreateDirectory(folder);
        string In(string extension) => Path.Combine(folder, model.ClassName + extension);

        Fingerprint.WriteIfDifferent(In(".inputs"), $"{model.Options}{Fingerprint.OfModel(model.FullPath)}{Fingerprint.OfTexts(model.Texts)}{tools}");
        ForgetStampWithoutOutputs(In(".inspected"), In(".shape"));
        ForgetStampWithoutOutputs(In(".packed"), In(".mpk"), In(".plan"), In(".shape"));

        var resolved = new TaskItem(Escaped(model.FullPath));
        void Set(string name, string value) => resolved.SetMetadata(name, Escaped(value));

        Set("ClassName", model.ClassName);
        Set("ClassNamespace", model.Namespace);
        Set("InputsFile", In(".inputs"));
        Set("ShapeFile", In(".shape"));
        Set("PlanFile", In(".plan"));
        Set("PackFile", In(".mpk"));
        Set("InspectStamp", In(".inspected"));
        Set("PackStamp", In(".packed"));
        Set("LogicalName", $"ModelPack/{model.FullName}.mpk");
        Set("ProjectFile", model.Item.GetMetadata("DefiningProjectFullPath"));
        foreach (var values in model.Values.GroupBy(v => v.Key, v => v.Value))
        {
            Set(values.Key, string.Join(CompileModel.ValueSeparator, values));
        }

        return resolved;
    }

    /// <summary>Outputs keep their time when their contents stay, so only the stamp can be compared with the inputs: it must not outlive them.</summary>
    private static void ForgetStampWithoutOutputs(string stamp, params string[] outputs)
    {
        if (!outputs.All(File.Exists))
        {
            File.Delete(stamp);
        }
    }

    /// <summary>MSBuild's escapes (%XX) for what would mean something in an item: folders and files may be called anything.</summary>
    private static string Escaped(string text) => string.Concat(text.Select(c => "%;*?@$()'".IndexOf(c) < 0 ? c.ToString() : $"%{(int)c:X2}"));
}
