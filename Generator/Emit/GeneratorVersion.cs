namespace ModelPack.Generator.Emit;

/// <summary>What the headers of generated files say about who printed them.</summary>
internal static class GeneratorVersion
{
    public const string Name = "ModelPack.Generator";

    /// <summary>major.minor.patch of this assembly.</summary>
    public static string Text { get; } = typeof(GeneratorVersion).Assembly.GetName().Version.ToString(3);
}
