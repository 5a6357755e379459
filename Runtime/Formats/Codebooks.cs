namespace ModelPack.Formats;

/// <summary>The 16 signed values of each codebook.</summary>
internal static class Codebooks
{
    /// <summary>Non-linear levels of IQ4_NL and IQ4_XS (ggml, kvalues_iq4nl; MIT).</summary>
    public static ReadOnlySpan<sbyte> Iq4 => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>E2M1 levels doubled (OCP Microscaling Formats 1.0, section 5.3.3): 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives.</summary>
    public static ReadOnlySpan<sbyte> Mxfp4 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    public static ReadOnlySpan<sbyte> Of(CodebookId id) => id switch
    {
        CodebookId.Iq4 => Iq4,
        CodebookId.Mxfp4 => Mxfp4,
        _ => [],
    };
}
