using System;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelPack.Tasks;

/// <summary>Chooses the instruction set that a native application is compiled for, and says so.</summary>
public sealed class ChooseInstructionSet : Task
{
    /// <summary><c>x64</c>, <c>arm64</c> or empty for everything else.</summary>
    public string Architecture { get; set; } = "";

    /// <summary>Whether the target is one of Apple's systems, whose default is wider than ours.</summary>
    public bool IsApple { get; set; }

    /// <summary>Metadatum Instructions: sets separated by semicolons, of which the first that fits the architecture counts.</summary>
    public string Instructions { get; set; } = "";

    /// <summary>IlcInstructionSet as the project has it.</summary>
    public string UserInstructionSet { get; set; } = "";

    /// <summary>IlcInstructionSet to be used; empty: the AOT compiler's own default.</summary>
    [Output]
    public string InstructionSet { get; private set; } = "";

    public override bool Execute()
    {
        var asked = Instructions.Split(';').Select(s => s.Trim()).FirstOrDefault(s => s.Length > 0 && Fits(s)) ?? "";
        if (asked.Length > 0 && UserInstructionSet.Length > 0 && !asked.Equals(UserInstructionSet, StringComparison.OrdinalIgnoreCase))
        {
            Log.LogError(null, MpCodes.InstructionsConflict, null, BuildEngine.ProjectFileOfTaskNode, 0, 0, 0, 0, "{0}", $"Instructions=\"{asked}\" of CompressedModel and the property IlcInstructionSet=\"{UserInstructionSet}\" contradict each other. Keep one of them.");
            return false;
        }

        InstructionSet = UserInstructionSet.Length > 0 ? UserInstructionSet : asked.Length > 0 ? asked : Default();
        if (UserInstructionSet.Length == 0 && InstructionSet.Length > 0)
        {
            Log.LogMessage(MessageImportance.High, "{0}", $"ModelPack: native code for {InstructionSet}{(asked.Length > 0 ? "" : " (metadatum Instructions or property IlcInstructionSet chooses another)")}; older processors cannot run it.");
        }

        return true;
    }

    private string Default() => Architecture switch
    {
        "x64" => "x86-64-v3",
        "arm64" when !IsApple => "armv8.2-a,dotprod",
        _ => "",
    };

    /// <summary>A set named after the other architecture is for another target of the same project.</summary>
    private bool Fits(string set) => Architecture switch
    {
        "x64" => !set.StartsWith("arm", StringComparison.OrdinalIgnoreCase) && !set.StartsWith("apple", StringComparison.OrdinalIgnoreCase),
        "arm64" => !set.StartsWith("x86", StringComparison.OrdinalIgnoreCase),
        _ => true,
    };
}
