using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Codes in the planes of a unit, as compile-time constants: what unpacking and integer products need to know.</summary>
internal interface ICodeForm
{
    static abstract int CodeBits { get; }

    /// <summary>Subtracted from a code.</summary>
    static abstract int Offset { get; }

    static abstract CodebookId Codebook { get; }
}

/// <summary>
/// A resident format of the grouped family as compile-time constants: kernels are generic over it, so that the JIT and the AOT compiler
/// specialise them and drop what the format does not have.
/// </summary>
internal interface IGroupedForm : ICodeForm
{
    static abstract ScaleKind Scale { get; }

    static abstract bool HasMinimum { get; }

    /// <summary>16, 32 or 256 columns share a scale.</summary>
    static abstract int GroupColumns { get; }
}

/// <summary>4 bits − 8, f16 scale per 32: Q4_0.</summary>
internal readonly struct U4F16 : IGroupedForm
{
    public static int CodeBits => 4;
    public static int Offset => 8;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F16;
    public static bool HasMinimum => false;
    public static int GroupColumns => 32;
}

/// <summary>4 bits, f16 scale and minimum per 32: Q4_1.</summary>
internal readonly struct U4F16Min : IGroupedForm
{
    public static int CodeBits => 4;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F16;
    public static bool HasMinimum => true;
    public static int GroupColumns => 32;
}

/// <summary>5 bits − 16, f16 scale per 32: Q5_0.</summary>
internal readonly struct U5F16 : IGroupedForm
{
    public static int CodeBits => 5;
    public static int Offset => 16;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F16;
    public static bool HasMinimum => false;
    public static int GroupColumns => 32;
}

/// <summary>5 bits, f16 scale and minimum per 32: Q5_1.</summary>
internal readonly struct U5F16Min : IGroupedForm
{
    public static int CodeBits => 5;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F16;
    public static bool HasMinimum => true;
    public static int GroupColumns => 32;
}

/// <summary>8 bits − 128, f16 scale per 32: Q8_0.</summary>
internal readonly struct U8F16 : IGroupedForm
{
    public static int CodeBits => 8;
    public static int Offset => 128;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F16;
    public static bool HasMinimum => false;
    public static int GroupColumns => 32;
}

/// <summary>2 bits, two-level scale and minimum per 16: Q2_K.</summary>
internal readonly struct U2TwoLevelMin16 : IGroupedForm
{
    public static int CodeBits => 2;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.TwoLevel;
    public static bool HasMinimum => true;
    public static int GroupColumns => 16;
}

/// <summary>3 bits − 4, two-level scale per 16: Q3_K.</summary>
internal readonly struct U3TwoLevel16 : IGroupedForm
{
    public static int CodeBits => 3;
    public static int Offset => 4;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.TwoLevel;
    public static bool HasMinimum => false;
    public static int GroupColumns => 16;
}

/// <summary>4 bits, two-level scale and minimum per 32: Q4_K.</summary>
internal readonly struct U4TwoLevelMin : IGroupedForm
{
    public static int CodeBits => 4;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.TwoLevel;
    public static bool HasMinimum => true;
    public static int GroupColumns => 32;
}

/// <summary>5 bits, two-level scale and minimum per 32: Q5_K.</summary>
internal readonly struct U5TwoLevelMin : IGroupedForm
{
    public static int CodeBits => 5;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.TwoLevel;
    public static bool HasMinimum => true;
    public static int GroupColumns => 32;
}

/// <summary>6 bits − 32, two-level scale per 16: Q6_K.</summary>
internal readonly struct U6TwoLevel16 : IGroupedForm
{
    public static int CodeBits => 6;
    public static int Offset => 32;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.TwoLevel;
    public static bool HasMinimum => false;
    public static int GroupColumns => 16;
}

/// <summary>The IQ4 codebook, f16 scale per 32: IQ4_NL.</summary>
internal readonly struct Iq4F16 : IGroupedForm
{
    public static int CodeBits => 4;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.Iq4;
    public static ScaleKind Scale => ScaleKind.F16;
    public static bool HasMinimum => false;
    public static int GroupColumns => 32;
}

/// <summary>The IQ4 codebook, two-level scale per 32: IQ4_XS.</summary>
internal readonly struct Iq4TwoLevel : IGroupedForm
{
    public static int CodeBits => 4;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.Iq4;
    public static ScaleKind Scale => ScaleKind.TwoLevel;
    public static bool HasMinimum => false;
    public static int GroupColumns => 32;
}

/// <summary>The E2M1 codebook, a power of two per 32: MXFP4.</summary>
internal readonly struct Mxfp4Power : IGroupedForm
{
    public static int CodeBits => 4;
    public static int Offset => 0;
    public static CodebookId Codebook => CodebookId.Mxfp4;
    public static ScaleKind Scale => ScaleKind.PowerOfTwo;
    public static bool HasMinimum => false;
    public static int GroupColumns => 32;
}

/// <summary>2 bits − 1 (ternary), f16 scale per 256: TQ1_0, TQ2_0.</summary>
internal readonly struct U2F16Ternary : IGroupedForm
{
    public static int CodeBits => 2;
    public static int Offset => 1;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F16;
    public static bool HasMinimum => false;
    public static int GroupColumns => 256;
}

/// <summary>8 bits − 128, f32 scale per 16: IQ1_M, IQ2_XS, IQ2_S.</summary>
internal readonly struct U8F32Of16 : IGroupedForm
{
    public static int CodeBits => 8;
    public static int Offset => 128;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F32;
    public static bool HasMinimum => false;
    public static int GroupColumns => 16;
}

/// <summary>8 bits − 128, f32 scale per 32: IQ1_S, IQ2_XXS, IQ3_XXS, IQ3_S.</summary>
internal readonly struct U8F32Of32 : IGroupedForm
{
    public static int CodeBits => 8;
    public static int Offset => 128;
    public static CodebookId Codebook => CodebookId.None;
    public static ScaleKind Scale => ScaleKind.F32;
    public static bool HasMinimum => false;
    public static int GroupColumns => 32;
}
