namespace ModelPack.Compiler;

internal static partial class CompilerCodes
{
    /// <summary>No architecture of that name.</summary>
    public const string ArchitectureUnknown = "MP2101";

    /// <summary>A tensor that the architecture needs is not in the file.</summary>
    public const string TensorMissing = "MP2102";

    /// <summary>A tensor has another shape than the hyper-parameters say.</summary>
    public const string TensorShapeMismatch = "MP2103";

    /// <summary>The embedding has another number of rows than the vocabulary has tokens.</summary>
    public const string VocabularyMismatch = "MP2104";

    /// <summary>A hyper-parameter is out of range or contradicts another.</summary>
    public const string HyperParameter = "MP2105";

    /// <summary>A feature of the model that is not compiled yet.</summary>
    public const string FeatureUnsupported = "MP2106";
}
