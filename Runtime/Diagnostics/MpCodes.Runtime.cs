namespace ModelPack;

/// <summary>
/// Identifiers of everything that can go wrong; each has a row in docs/diagnostics.md and a test that raises it.
/// One partial file per area: MP1xxx project and targets, MP2xxx import, MP3xxx quantise, encode and schedule,
/// MP4xxx generator, MP5xxx running application, MP9xxx internal.
/// </summary>
internal static partial class MpCodes
{
    /// <summary>The pack's bytes are not a pack, are cut short, or a table in it is out of bounds.</summary>
    public const string PackMalformed = "MP5001";

    /// <summary>A segment's checksum does not match its bytes.</summary>
    public const string PackCorrupted = "MP5002";

    /// <summary>The pack was written for another build of the class.</summary>
    public const string PackMismatch = "MP5003";

    /// <summary>The pack was written by a newer version.</summary>
    public const string PackVersion = "MP5004";

    /// <summary>An option of ModelOptions or GenerateOptions is out of range.</summary>
    public const string OptionOutOfRange = "MP5101";

    /// <summary>Kernels were asked for that this processor or this binary does not have.</summary>
    public const string KernelsUnavailable = "MP5102";

    /// <summary>The prompt does not fit into the context.</summary>
    public const string PromptTooLong = "MP5201";

    /// <summary>A token identifier lies outside the vocabulary.</summary>
    public const string TokenOutOfRange = "MP5202";

    /// <summary>A generator is used from two threads at once.</summary>
    public const string GeneratorBusy = "MP5203";
}
