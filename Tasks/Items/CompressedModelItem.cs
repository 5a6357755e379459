using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelPack.Tasks.Items;

/// <summary>A <c>CompressedModel</c> item whose metadata have been checked.</summary>
/// <param name="Item">As the project has it.</param>
/// <param name="FullPath">Of the model.</param>
/// <param name="ClassName">Of the class that it becomes.</param>
/// <param name="Namespace">Of that class.</param>
/// <param name="Values">What the compiler is told, by the name of the metadatum (<see cref="Metadatum.Option"/>); several values (files, with full paths) are several entries.</param>
/// <param name="Instructions">Instruction sets for native code.</param>
internal sealed record CompressedModelItem(
    ITaskItem Item,
    string FullPath,
    string ClassName,
    string Namespace,
    IReadOnlyList<KeyValuePair<string, string>> Values,
    string Instructions)
{
    /// <summary>As the project has it, for messages.</summary>
    public string Include => Item.ItemSpec;

    public string FullName => $"{Namespace}.{ClassName}";

    /// <summary>Everything that the compiler is told, one line each.</summary>
    public string Options =>
        $"model {FullPath}\nname {ClassName}\nnamespace {Namespace}\n{string.Concat(Values.Select(v => $"{v.Key} {v.Value}\n"))}";

    /// <summary>Files beside the model whose contents the pack depends on.</summary>
    public IEnumerable<string> Texts =>
        Values.Where(v => Metadatum.Named(v.Key) is { Files: true } || (Metadatum.Named(v.Key).FileOrName && File.Exists(v.Value))).Select(v => v.Value);

    public void Error(TaskLoggingHelper log, string code, string message) => Error(log, Item, code, message);

    /// <summary>An error at the project file that has the item.</summary>
    public static void Error(TaskLoggingHelper log, ITaskItem item, string code, string message) =>
        log.LogError(null, code, null, item.GetMetadata("DefiningProjectFullPath"), 0, 0, 0, 0, "{0}", message);

    /// <summary>A warning at the project file that has the item.</summary>
    public static void Warning(TaskLoggingHelper log, ITaskItem item, string code, string message) =>
        log.LogWarning(null, code, null, item.GetMetadata("DefiningProjectFullPath"), 0, 0, 0, 0, "{0}", message);
}
