using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelPack.Tasks;

/// <summary>Says that packs are too large to be embedded before the C# compiler does, which would name neither the file nor a way out.</summary>
public sealed class CheckPackSizes : Task
{
    /// <summary>Measured: 2.04 GB of resources work, 2.2 GB are error CS1566.</summary>
    internal const long MostBytes = 2_000_000_000;

    /// <summary>The packs that will be embedded into one assembly.</summary>
    public ITaskItem[] Packs { get; set; } = [];

    /// <summary>Bytes that fit; for tests.</summary>
    public long Limit { get; set; } = MostBytes;

    public override bool Execute()
    {
        var bytes = Packs.Sum(p => new FileInfo(p.ItemSpec).Length);
        if (bytes > Limit)
        {
            Log.LogError(null, MpCodes.PacksTooLarge, null, BuildEngine.ProjectFileOfTaskNode, 0, 0, 0, 0, "{0}", $"the packs of this project have {bytes:N0} bytes together, more than the {Limit:N0} that an assembly's resources can have. Use a smaller model, or one with fewer bits per weight.");
            return false;
        }

        return true;
    }
}
