namespace ModelPack.Tasks;

/// <summary>
/// Identifiers of what can go wrong in a project file and in the targets (MP10xx); each has a page in
/// docs/diagnostics and a test that raises it.
/// </summary>
internal static class MpCodes
{
    /// <summary>The model file of a CompressedModel item is not there.</summary>
    public const string ModelMissing = "MP1001";

    /// <summary>The model is a folder.</summary>
    public const string ModelIsFolder = "MP1002";

    /// <summary>No class name can be made of the file's name, or Name is not an identifier.</summary>
    public const string InvalidName = "MP1003";

    /// <summary>Namespace is not a namespace.</summary>
    public const string InvalidNamespace = "MP1004";

    /// <summary>Two models of a project have the same class name.</summary>
    public const string NameClash = "MP1005";

    /// <summary>A metadatum has a value that it never takes.</summary>
    public const string InvalidMetadata = "MP1006";

    /// <summary>A metadatum or value that is part of the design but not available yet.</summary>
    public const string NotAvailableYet = "MP1007";

    /// <summary>Warning: a metadatum that nobody reads, close to one that exists.</summary>
    public const string UnknownMetadata = "MP1008";

    /// <summary>Instruction sets that contradict each other.</summary>
    public const string InstructionsConflict = "MP1009";

    /// <summary>The compiler (modelpack.dll) is not where it should be.</summary>
    public const string CompilerMissing = "MP1010";

    /// <summary>The compiler ended without saying why.</summary>
    public const string CompilerFailed = "MP1011";

    /// <summary>The packs are larger than embedded resources can be.</summary>
    public const string PacksTooLarge = "MP1012";

    /// <summary>The project is not a C# project for .NET 10 or later.</summary>
    public const string UnsupportedProject = "MP1013";

    /// <summary>A text file that metadatum Calibration names is not there.</summary>
    public const string TextMissing = "MP1014";
}
