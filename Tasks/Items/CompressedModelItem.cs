using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelPack.Tasks.Items;

/// <summary>A <c>CompressedModel</c> item whose metadata have been checked.</summary>
internal sealed record CompressedModelItem(
    ITaskItem Item,
    string FullPath,
    string ClassName,
    string Namespace,
    string Quality,
    string ContextLength,
    string Instructions)
{
    /// <summary>As the project has it, for messages.</summary>
    public string Include => Item.ItemSpec;

    public string FullName => $"{Namespace}.{ClassName}";

    /// <summary>Everything that the compiler is told, one line each.</summary>
    public string Options =>
        $"model {FullPath}\nname {ClassName}\nnamespace {Namespace}\nquality {Quality}\ncontext-length {ContextLength}\n";

    public void Error(TaskLoggingHelper log, string code, string message) => Error(log, Item, code, message);

    /// <summary>An error at the project file that has the item.</summary>
    public static void Error(TaskLoggingHelper log, ITaskItem item, string code, string message) =>
        log.LogError(null, code, null, item.GetMetadata("DefiningProjectFullPath"), 0, 0, 0, 0, "{0}", message);

    /// <summary>A warning at the project file that has the item.</summary>
    public static void Warning(TaskLoggingHelper log, ITaskItem item, string code, string message) =>
        log.LogWarning(null, code, null, item.GetMetadata("DefiningProjectFullPath"), 0, 0, 0, 0, "{0}", message);
}
