using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelPack.Tasks.Items;

/// <summary>Reads <c>CompressedModel</c> items; everything wrong with one is reported, not only the first thing.</summary>
internal sealed class CompressedModelReader(TaskLoggingHelper log, string rootNamespace)
{
    /// <summary>The item, checked; null after an error.</summary>
    public CompressedModelItem? Read(ITaskItem item)
    {
        var path = item.GetMetadata("FullPath");
        var fine = CheckFile(item, path) & CheckMetadata(item) & CheckName(item, path, out var name) & CheckNamespace(item, out var space);
        var quality = item.GetMetadata("Quality");
        return fine ? new(item, path, name, space, quality.Length == 0 ? "Source" : quality, item.GetMetadata("ContextLength"), item.GetMetadata("Instructions")) : null;
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
