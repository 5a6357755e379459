using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelPack.Tasks.Items;

/// <summary>Reads <c>CompressedModel</c> items; everything wrong with one is reported, not only the first thing.</summary>
/// <param name="log">Takes the errors.</param>
/// <param name="rootNamespace">Namespace of models that have none of their own.</param>
/// <param name="projectFolder">What relative paths in metadata are relative to.</param>
/// <param name="configuration">Debug, Release or another name.</param>
internal sealed class CompressedModelReader(TaskLoggingHelper log, string rootNamespace, string projectFolder = "", string configuration = "")
{
    /// <summary>The quality of a model that has none.</summary>
    public const string DefaultQuality = "Source";

    /// <summary>The item, checked; null after an error.</summary>
    public CompressedModelItem? Read(ITaskItem item)
    {
        var path = item.GetMetadata("FullPath");
        var fine = CheckFile(item, path) & CheckMetadata(item) & CheckName(item, path, out var name) & CheckNamespace(item, out var space);
        var values = new List<KeyValuePair<string, string>>();
        foreach (var metadatum in Metadatum.All.Where(m => m.Option.Length > 0))
        {
            fine = fine && Add(item, metadatum, values);
        }

        return fine ? new(item, path, name, space, values, item.GetMetadata("Instructions")) : null;
    }

    /// <summary>
    /// A debug build is made often and its text is looked at once: it searches and calibrates nothing unless told to. (There is nothing to search in
    /// <c>Source</c>, and so Debug and Release share a pack of that quality.)
    /// </summary>
    internal static string Effort(string given, string quality, string configuration) =>
        given.Length == 0 && !Metadatum.IsSource(quality) && configuration.Equals("Debug", StringComparison.OrdinalIgnoreCase) ? "Fast" : given;

    private bool Add(ITaskItem item, Metadatum metadatum, List<KeyValuePair<string, string>> values)
    {
        var quality = item.GetMetadata("Quality") is { Length: > 0 } given ? given : DefaultQuality;
        var value = metadatum.Name switch
        {
            "Quality" => quality,
            "Effort" => Effort(item.GetMetadata("Effort"), quality, configuration),
            _ => item.GetMetadata(metadatum.Name),
        };
        if (value.Length == 0)
        {
            return true;
        }

        if (metadatum.FileOrName && Path.GetFullPath(Path.Combine(projectFolder, value)) is var path && File.Exists(path))
        {
            value = path;
        }

        string[]? all = metadatum.Files ? Texts(log, item, metadatum.Name, value, projectFolder) : [value];
        values.AddRange((all ?? []).Select(v => new KeyValuePair<string, string>(metadatum.Name, v)));
        return all is not null;
    }

    /// <summary>Full paths of the files that a metadatum names; null where one is missing (MP1014).</summary>
    internal static string[]? Texts(TaskLoggingHelper log, ITaskItem item, string metadatum, string value, string projectFolder)
    {
        var paths = value.Split(';').Select(v => v.Trim()).Where(v => v.Length > 0).Select(v => Path.GetFullPath(Path.Combine(projectFolder, v))).ToArray();
        var missing = paths.Where(p => !File.Exists(p)).ToList();
        foreach (var path in missing)
        {
            CompressedModelItem.Error(log, item, MpCodes.TextMissing, $"model '{item.ItemSpec}': {metadatum} names a file that does not exist: '{path}'. Correct the path, which is relative to the project's folder; several are separated by semicolons.");
        }

        return missing.Count == 0 ? paths : null;
    }

    private bool CheckFile(ITaskItem item, string path)
    {
        if (File.Exists(path))
        {
            return true;
        }

        return Directory.Exists(path)
            ? Refuse(item, MpCodes.ModelIsFolder, $"model '{item.ItemSpec}' is a folder. Today a model is one GGUF file; Hugging Face folders come later.")
            : Refuse(item, MpCodes.ModelMissing, $"model file '{item.ItemSpec}' does not exist; looked for it at '{path}'. Correct Include of CompressedModel, or put the file there (with Git LFS: git lfs pull).");
    }

    private bool CheckMetadata(ITaskItem item)
    {
        var fine = true;
        foreach (var metadatum in Metadatum.All)
        {
            var value = item.GetMetadata(metadatum.Name);
            fine &= value.Length == 0 || metadatum.Judge(value) switch
            {
                Verdict.Fine => true,
                Verdict.NotYet => Refuse(item, MpCodes.NotAvailableYet, $"model '{item.ItemSpec}': {metadatum.Name}=\"{value}\" is not available yet. What works today: {metadatum.Today}."),
                _ => Refuse(item, MpCodes.InvalidMetadata, $"model '{item.ItemSpec}': {metadatum.Name}=\"{value}\" is not a value of {metadatum.Name}, which takes {metadatum.Takes}."),
            };
        }

        foreach (var unknown in item.MetadataNames.Cast<string>())
        {
            if (Metadatum.MeantBy(unknown) is { } meant)
            {
                CompressedModelItem.Warning(log, item, MpCodes.UnknownMetadata, $"model '{item.ItemSpec}': nobody reads the metadatum {unknown}; did you mean {meant}?");
            }
        }

        return fine;
    }

    private bool CheckName(ITaskItem item, string path, out string name)
    {
        name = item.GetMetadata("Name");
        if (name.Length > 0)
        {
            return ClassName.IsIdentifier(name) || Refuse(item, MpCodes.InvalidName, $"model '{item.ItemSpec}': Name=\"{name}\" is not a C# identifier. Use letters, digits and underscores, not starting with a digit, and no keyword.");
        }

        name = ClassName.FromFile(Path.GetFileName(path));
        return ClassName.IsIdentifier(name) || Refuse(item, MpCodes.InvalidName, $"model '{item.ItemSpec}': no class name can be made of the file's name. Give one: <CompressedModel Include=\"{item.ItemSpec}\" Name=\"MyModel\" />.");
    }

    private bool CheckNamespace(ITaskItem item, out string space)
    {
        space = item.GetMetadata("Namespace");
        if (space.Length > 0)
        {
            return ClassName.IsNamespace(space) || Refuse(item, MpCodes.InvalidNamespace, $"model '{item.ItemSpec}': Namespace=\"{space}\" is not a C# namespace. Use identifiers joined by dots.");
        }

        space = ClassName.NamespaceFrom(rootNamespace);
        return true;
    }

    private bool Refuse(ITaskItem item, string code, string message)
    {
        CompressedModelItem.Error(log, item, code, message);
        return false;
    }
}
