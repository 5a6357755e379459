using System.Globalization;
using ModelPack.Compiler.Profiles;
using ModelPack.Formats;

namespace ModelPack.Bench;

/// <summary>The command line of the kernel benchmark.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        ModelPack.Bench [options]      speed of the matrix kernels, weight by weight
          --family F                   tiled, grouped, plain or all (all)
          --format TEXT                only weights whose name contains it, such as "u4" or "trellis8 4"
          --kernels SET[,SET…]         rungs (all that this process can run but scalar)
          --threads N[,N…]             (1 and the number of cores)
          --columns N                  (1536)
          --tokens N                   also the GEMM of so many columns of X (none)
          --memory MB                  size of W where it comes from memory (twice the last cache, at least 256)
          --seconds S                  for each figure and round (0.1)
          --rounds N                   passes over everything, of which the best counts (3)
          --markdown                   the table as Markdown
        """;

    /// <summary>Null: all.</summary>
    public WeightFamily? Family { get; private init; }

    public string Format { get; private init; } = "";

    public IReadOnlyList<KernelSet> Sets { get; private init; } = [.. KernelSets.Supported.Where(s => s != KernelSet.Scalar)];

    public IReadOnlyList<int> Threads { get; private init; } = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];

    public int Columns { get; private init; } = 1536;

    /// <summary>0: no GEMM.</summary>
    public int Tokens { get; private init; }

    public long MemoryBytes { get; private init; } = LastCache.BeyondBytes;

    public double Seconds { get; private init; } = 0.1;

    public int Rounds { get; private init; } = 3;

    public bool Markdown { get; private init; }

    /// <exception cref="FormatException">Not of the form above.</exception>
    public static Arguments Parse(string[] args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            parsed = args[i] == "--markdown"
                ? parsed with { Markdown = true }
                : parsed.With(args[i], i + 1 < args.Length ? args[++i] : throw new FormatException($"{args[i]} needs a value"));
        }

        return parsed;
    }

    private Arguments With(string option, string value) => option switch
    {
        "--family" => this with { Family = value == "all" ? null : Value<WeightFamily>("family", value) },
        "--format" => this with { Format = value },
        "--kernels" => this with { Sets = [.. value.Split(',').Select(v => Value<KernelSet>("rung", v))] },
        "--threads" => this with { Threads = [.. value.Split(',').Select(Count)] },
        "--columns" => this with { Columns = Count(value) },
        "--tokens" => this with { Tokens = Count(value) },
        "--memory" => this with { MemoryBytes = (long)Count(value) << 20 },
        "--seconds" => this with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
        "--rounds" => this with { Rounds = Count(value) },
        _ => throw new FormatException($"there is no option '{option}'"),
    };

    private static T Value<T>(string what, string value)
        where T : struct, Enum => Enum.TryParse<T>(value, ignoreCase: true, out var parsed) ? parsed : throw new FormatException($"there is no {what} '{value}'");

    private static int Count(string value) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : throw new FormatException($"'{value}' is not a number above 0");
}
