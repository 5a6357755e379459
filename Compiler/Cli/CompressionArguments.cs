using System.Globalization;
using ModelPack.Compiler.Profiles;

namespace ModelPack.Compiler.Cli;

/// <summary>The options that say how a model is compressed; the verbs that pack share them.</summary>
internal static class CompressionArguments
{
    public static readonly string[] Names = ["--quality", "--effort", "--recipe", "--optimize", "--bits-per-weight", "--max-size", "--memory-budget", "--decode-speed", "--profile", "--calibration"];

    /// <summary>Names, context length and compression of a model that is compiled.</summary>
    /// <exception cref="ModelPackException">MP3002, MP3004, MP3010.</exception>
    public static CompileOptions ReadCompileOptions(CommandLine line) =>
        new(line.Text("--name") ?? "Model", line.Text("--namespace") ?? "", line.Integer("--context-length", 1, int.MaxValue)) { Compression = Read(line) };

    /// <exception cref="ModelPackException">MP3002, MP3004, MP3010.</exception>
    public static CompressionOptions Read(CommandLine line) => new()
    {
        Quality = QualityTarget.Parse(line.Text("--quality")),
        Effort = Choice(line, "--effort", Effort.Normal),
        Recipe = Choice(line, "--recipe", Recipe.Tiled),
        Optimize = Choice(line, "--optimize", Optimize.Size),
        BitsPerWeight = Number(line, "--bits-per-weight", bits => bits is >= 1 and <= 16, "a number from 1 to 16"),
        MaxSize = Size(line, "--max-size"),
        MemoryBudget = Size(line, "--memory-budget"),
        DecodeSpeed = Number(line, "--decode-speed", speed => speed is > 0 and <= 1e6, "tokens a second, above 0 and up to 1000000"),
        Profile = line.Text("--profile") is null && line.Text("--decode-speed") is null ? null : ProfileTable.Open(line.Text("--profile")),
        Calibration = line.All("--calibration"),
    };

    private static T Choice<T>(CommandLine line, string option, T otherwise)
        where T : struct, Enum
    {
        if (line.Text(option) is not { } text)
        {
            return otherwise;
        }

        foreach (var name in Enum.GetNames<T>())
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return Enum.Parse<T>(name);
            }
        }

        throw CommandLine.Error($"{option} is '{text}'; expected {string.Join(", ", Enum.GetNames<T>())}.");
    }

    /// <param name="line">Arguments.</param>
    /// <param name="option">Its name.</param>
    /// <param name="isValue">Which numbers it takes.</param>
    /// <param name="takes">The same in words.</param>
    private static double? Number(CommandLine line, string option, Func<double, bool> isValue, string takes)
    {
        if (line.Text(option) is not { } text)
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && isValue(number)
            ? number
            : throw CommandLine.Error($"{option} is '{text}'; expected {takes}.");
    }

    private static long? Size(CommandLine line, string option) => line.Text(option) is not { } text
        ? null
        : ByteSize.TryParse(text) ?? throw CommandLine.Error($"{option} is '{text}'; expected a size such as 60MB.");
}
