namespace ModelPack.Compiler;

internal static partial class CompilerCodes
{
    /// <summary>A quality that is not a level, or not compiled yet.</summary>
    public const string QualityUnsupported = "MP3002";

    /// <summary>A context length out of range.</summary>
    public const string ContextLength = "MP3003";

    /// <summary>A command line that cannot be understood.</summary>
    public const string CommandLine = "MP3004";

    /// <summary>An output file cannot be written.</summary>
    public const string OutputUnwritable = "MP3005";

    /// <summary>A pack's plan is missing, damaged, or of another version.</summary>
    public const string PlanUnusable = "MP3006";

    /// <summary>A part of the design that is not built yet.</summary>
    public const string NotYet = "MP3007";

    /// <summary>The machine has not enough memory for the model.</summary>
    public const string OutOfMemory = "MP3008";

    /// <summary>A model that cannot be made as small as its budget.</summary>
    public const string BudgetUnreachable = "MP3009";

    /// <summary>A profile of a processor that is not there, or cannot be read.</summary>
    public const string ProfileUnusable = "MP3010";

    /// <summary>Something that should not happen: a defect of ModelPack.</summary>
    public const string Internal = "MP9001";
}
