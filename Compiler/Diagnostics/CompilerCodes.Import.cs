namespace ModelPack.Compiler;

internal static partial class CompilerCodes
{
    /// <summary>The model file does not exist, is a folder, or may not be read.</summary>
    public const string FileUnreadable = "MP2001";

    /// <summary>The file is empty, or starts with no known container's magic number.</summary>
    public const string ContainerUnknown = "MP2002";

    /// <summary>A container version, or byte order, that is not read.</summary>
    public const string ContainerVersion = "MP2003";

    /// <summary>The file ends early, or claims more than it has bytes for.</summary>
    public const string FileTruncated = "MP2004";

    /// <summary>A header field has a value that the format does not allow.</summary>
    public const string HeaderMalformed = "MP2005";

    /// <summary>Two metadata keys, or two tensors, have the same name.</summary>
    public const string NameDuplicate = "MP2006";

    /// <summary>A tensor's dimensions are impossible: their number, a zero, an overflow, a row of no whole number of blocks.</summary>
    public const string TensorShape = "MP2007";

    /// <summary>A tensor has a type (element encoding) that is not read.</summary>
    public const string TensorTypeUnknown = "MP2008";

    /// <summary>A tensor's bytes are misaligned, outside the file, or overlap another's.</summary>
    public const string TensorPlacement = "MP2009";

    /// <summary>The file is larger, in some respect, than the compiler is willing to handle.</summary>
    public const string ImportLimit = "MP2010";

    /// <summary>A metadata key that is needed is not in the file.</summary>
    public const string MetadataMissing = "MP2011";

    /// <summary>A metadata value has another type, or does not fit the range asked for.</summary>
    public const string MetadataType = "MP2012";

    /// <summary>A weight, or a block's scale, is NaN or infinite.</summary>
    public const string WeightNotFinite = "MP2013";

    /// <summary>An integer weight is not representable as a 32-bit float.</summary>
    public const string WeightInexact = "MP2014";
}
