namespace ModelPack.Compiler;

internal static partial class CompilerCodes
{
    /// <summary>No reference model can be made of a file.</summary>
    public const string ReferenceUnsupported = "MP3401";

    /// <summary>A calibration text cannot be read, or is too short.</summary>
    public const string CalibrationText = "MP3402";

    /// <summary>An operation of the graph that calibration cannot differentiate.</summary>
    public const string CalibrationUnsupported = "MP3403";

    /// <summary>The model gives infinities or NaN on the calibration text.</summary>
    public const string CalibrationNotFinite = "MP3404";
}
