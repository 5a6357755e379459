using Microsoft.CodeAnalysis;

namespace ModelPack.Generator.Diagnostics;

/// <summary>Everything that the generator can object to; see docs/diagnostics.</summary>
internal static class GeneratorCodes
{
    private const string Category = "ModelPack.Generator";

    /// <summary>A shape or plan file is not readable as such.</summary>
    public static readonly DiagnosticDescriptor Malformed =
        new("MP4001", "Malformed shape or plan file", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>A shape or plan file is of a newer version than this generator reads.</summary>
    public static readonly DiagnosticDescriptor NewerVersion =
        new("MP4002", "Shape or plan file of a newer version", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>A plan does not belong to the shape beside it, or there is no shape beside it.</summary>
    public static readonly DiagnosticDescriptor Mismatch =
        new("MP4003", "Plan and shape disagree", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>Two models have the same class name.</summary>
    public static readonly DiagnosticDescriptor NameClash =
        new("MP4004", "Two models with the same class name", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>A shape or plan can be read, but names or indices in it do not fit together.</summary>
    public static readonly DiagnosticDescriptor Inconsistent =
        new("MP4005", "Inconsistent shape or plan", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>The project does not reference ModelPack.Runtime.</summary>
    public static readonly DiagnosticDescriptor NoRuntime =
        new("MP4006", "ModelPack.Runtime is not referenced", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>The project's C# version is below what generated code needs.</summary>
    public static readonly DiagnosticDescriptor LanguageVersion =
        new("MP4007", "C# version too old", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);
}
