using System.Globalization;

namespace ModelPack.Bench;

/// <summary>The command line of the kernel benchmark.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        ModelPack.Bench [options]      speed of the matrix kernels, format by format
          --format TEXT                only formats whose name contains it, such as "u4"
          --kernels SET[,SET…]         rungs (all that this process can run but scalar)
          --threads N[,N…]             (1 and the number of cores)
          --columns N                  (1536)
          --tokens N                   columns of X in the GEMM (512)
          --seconds S                  for each figure (0.2)
        """;

    public string Format { get; private init; } = "";

    public IReadOnlyList<KernelSet> Sets { get; private init; } = [.. KernelSets.Supported.Where(s => s != KernelSet.Scalar)];

    public IReadOnlyList<int> Threads { get; private init; } = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];

    public int Columns { get; private init; } = 1536;

    public int Tokens { get; private init; } = 512;

    public double Seconds { get; private init; } = 0.2;

    /// <exception cref="FormatException">Not of the form above.</exception>
    public static Arguments Parse(string[] args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} needs a value");
            parsed = args[i] switch
            {
                "--format" => parsed with { Format = value },
                "--kernels" => parsed with { Sets = [.. value.Split(',').Select(v => Enum.TryParse<KernelSet>(v, ignoreCase: true, out var set) ? set : throw new FormatException($"there is no rung '{v}'"))] },
                "--threads" => parsed with { Threads = [.. value.Split(',').Select(v => int.Parse(v, CultureInfo.InvariantCulture))] },
                "--columns" => parsed with { Columns = int.Parse(value, CultureInfo.InvariantCulture) },
                "--tokens" => parsed with { Tokens = int.Parse(value, CultureInfo.InvariantCulture) },
                "--seconds" => parsed with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                _ => throw new FormatException($"there is no option '{args[i]}'"),
            };
        }

        return parsed;
    }
}
