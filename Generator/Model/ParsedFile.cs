using System;
using System.Linq;
using ModelPack.Generator.Diagnostics;
using ModelPack.Generator.Emit;
using ModelPack.Plan;

namespace ModelPack.Generator.Model;

/// <summary>A shape or plan file after reading and checking: the model where nothing is wrong with it, else the problems.</summary>
/// <param name="Path">Full path of the file.</param>
/// <param name="Value">Null where there are problems.</param>
/// <param name="Problems">In the file's order.</param>
internal sealed record ParsedFile<T>(string Path, T? Value, EquatableArray<Problem> Problems)
    where T : class
{
    /// <summary>Path without extension: <c>X.shape</c> and <c>X.plan</c> of one model lie side by side.</summary>
    public string Stem => Path.Substring(0, Path.Length - System.IO.Path.GetExtension(Path).Length);

    public string FileName => System.IO.Path.GetFileName(Path);
}

/// <summary>Reads and checks.</summary>
internal static class ParsedFile
{
    public static ParsedFile<ModelShapeFile> Shape(string path, string? text) =>
        Read(path, text, PlanText.ReadShape, static shape => [.. ShapeProblems(shape)]);

    public static ParsedFile<ModelPlan> Plan(string path, string? text) =>
        Read(path, text, PlanText.ReadPlan, static plan => ShapeProblems(plan.Shape) is { Length: > 0 } problems ? problems : [.. PlanCheck.Problems(plan)]);

    private static string[] ShapeProblems(ModelShapeFile shape)
    {
        var problems = ShapeCheck.Problems(shape);
        return [.. problems.Count > 0 ? problems : SurfaceNames.Problems(shape)];
    }

    private static ParsedFile<T> Read<T>(string path, string? text, Func<string, PlanTextResult<T>> read, Func<T, string[]> check)
        where T : class
    {
        if (text is null)
        {
            return new(path, null, new([new(GeneratorCodes.Malformed, path, 1, 1, "the file cannot be read; rebuild the project")]));
        }

        var result = read(text);
        if (result.Error is { } error)
        {
            var problem = error.IsNewerVersion
                ? new Problem(GeneratorCodes.NewerVersion, path, error.Line, error.Column, $"expected {error.Expected}, got {error.Got}: the compiler is newer than the source generator; use one version of the package ModelPack everywhere and rebuild")
                : new Problem(GeneratorCodes.Malformed, path, error.Line, error.Column, $"expected {error.Expected}, got {error.Got}; rebuild the project so that the file is written anew");
            return new(path, null, new([problem]));
        }

        var problems = check(result.Value!);
        return problems.Length == 0
            ? new(path, result.Value, default)
            : new(path, null, new(problems.Select(p => new Problem(GeneratorCodes.Inconsistent, path, 1, 1, p))));
    }
}
