namespace ModelPack.Formats;

/// <summary>How the elements of a resident weight are stored (DESIGN.md, decision 2).</summary>
public enum WeightFamily : byte
{
    /// <summary>Rows of floats as stored; computed with float activations.</summary>
    Plain = 0,

    /// <summary>Integer codes with a scale, or scale and minimum, per group of columns.</summary>
    Grouped = 1,

    /// <summary>Integer codes whose width is that of their tile of 64 rows × 64 columns, with a step per row and a scale per column.</summary>
    Tiled = 2,
}

/// <summary>Element type of a <see cref="WeightFamily.Plain"/> weight.</summary>
public enum PlainType : byte
{
    F32 = 0,
    F16 = 1,
    BF16 = 2,
}

/// <summary>How the scale (and minimum) of a group is stored; all give an exact f32.</summary>
public enum ScaleKind : byte
{
    /// <summary>IEEE half, one per group.</summary>
    F16 = 0,

    /// <summary>IEEE single, one per group.</summary>
    F32 = 1,

    /// <summary>Signed byte per group times an IEEE half per 256 columns (K-quants, IQ4_XS).</summary>
    TwoLevel = 2,

    /// <summary>A biased power of two, 2^(e − 128), one byte per group (MXFP4, whose doubled levels take the other half of 2^(e − 127)).</summary>
    PowerOfTwo = 3,
}

/// <summary>
/// The resident form of a weight matrix. Value of a grouped element: <c>scale · (code − Offset) + minimum</c>,
/// or <c>scale · Codebook[code]</c> where there is a codebook. Value of a tiled element: <c>step · scale · code</c>.
/// </summary>
/// <param name="Family">Plain, grouped or tiled.</param>
/// <param name="Plain">Element type, plain family only.</param>
/// <param name="CodeBits">2 to 8: bits of a code, grouped family only.</param>
/// <param name="GroupColumns">16, 32, 64, 128 or 256 columns share a scale.</param>
/// <param name="Scale">How scales, and minima, are stored.</param>
/// <param name="HasMinimum">Whether a minimum is added.</param>
/// <param name="Offset">Grouped: subtracted from a code, 0 … 128. Tiled: states of the trellis, 4 or 8, or 1: scalar codes (<see cref="States"/>).</param>
/// <param name="Codebook">Which table of 16 signed values a 4-bit code indexes.</param>
public readonly record struct WeightFormat(
    WeightFamily Family,
    PlainType Plain = PlainType.F32,
    byte CodeBits = 0,
    ushort GroupColumns = 0,
    ScaleKind Scale = ScaleKind.F16,
    bool HasMinimum = false,
    byte Offset = 0,
    CodebookId Codebook = CodebookId.None)
{
    public static WeightFormat PlainOf(PlainType type) => new(WeightFamily.Plain, type);

    /// <summary>The tiled family with scalar codes (1) or with a trellis of 4 or 8 states.</summary>
    public static WeightFormat TiledOf(int states) => new(WeightFamily.Tiled, Offset: (byte)states);

    /// <summary>States of a tiled weight's trellis; 1: scalar codes.</summary>
    public int States => Family == WeightFamily.Tiled ? Offset : 0;

    /// <summary>Short name as logs and reports print it, for example <c>g32 u4 f16+min</c> or <c>f32</c>.</summary>
    public override string ToString() => Family == WeightFamily.Plain
        ? Plain.ToString().ToLowerInvariant()
        : Family == WeightFamily.Tiled
        ? Offset <= 1 ? "tiled" : $"tiled trellis{Offset}"
        : $"g{GroupColumns} {(Codebook == CodebookId.None ? $"u{CodeBits}" : Codebook.ToString().ToLowerInvariant())} {Scale.ToString().ToLowerInvariant()}{(HasMinimum ? "+min" : "")}";
}

/// <summary>Tables of 16 signed values indexed by 4-bit codes.</summary>
public enum CodebookId : byte
{
    None = 0,

    /// <summary>The non-linear levels of IQ4_NL and IQ4_XS.</summary>
    Iq4 = 1,

    /// <summary>The E2M1 levels of MXFP4, doubled so that they are integers.</summary>
    Mxfp4 = 2,
}
