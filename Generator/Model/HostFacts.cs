using System.Collections.Generic;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelPack.Generator.Diagnostics;
using ModelPack.Plan;

namespace ModelPack.Generator.Model;

/// <summary>All that the generator wants to know of the project: two truths that an edit of C# does not change.</summary>
/// <param name="HasRuntime">ModelPack.Runtime is referenced.</param>
/// <param name="HasLanguage">C# 13 or later: calls of kernels pass weights as <c>params</c> spans.</param>
internal sealed record HostFacts(bool HasRuntime, bool HasLanguage)
{
    public bool IsFine => HasRuntime && HasLanguage;

    public static bool ReferencesRuntime(Compilation compilation) => compilation.GetTypeByMetadataName("ModelPack.TextModel") is not null;

    public static bool IsRecent(ParseOptions options) => options is CSharpParseOptions { LanguageVersion: >= LanguageVersion.CSharp13 };

    public EquatableArray<Problem> Problems()
    {
        var problems = new List<Problem>();
        if (!HasRuntime)
        {
            problems.Add(new(GeneratorCodes.NoRuntime, "", 0, 0, "models are compiled into this project, but it does not reference ModelPack.Runtime; add a reference to the package ModelPack.Runtime"));
        }

        if (!HasLanguage)
        {
            problems.Add(new(GeneratorCodes.LanguageVersion, "", 0, 0, "the code of compiled models needs C# 13 or later; remove LangVersion from the project, or raise it"));
        }

        return new(problems);
    }
}
