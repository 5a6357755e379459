using System.Globalization;
using ModelPack;

namespace MacroApp;

/// <summary>The command line: <c>macro-app speed|first [options]</c>.</summary>
internal sealed record Arguments(string Verb)
{
    public const string Usage = """
        macro-app speed [options]     prefill and decode, one JSON line
        macro-app first [options]     the first tokens of a continuation, as they come
          --threads N                 0: as the runtime chooses (0)
          --kernels SET               auto, scalar, avx2, avxvnni, avx512, advsimd (auto)
          --activations int8|float    (int8)
          --resident FORM             auto, compact, expanded (auto)
          --context N                 positions to load for (first: 512, speed: the model's own)
          --prefill N                 speed: prompt tokens, at most (512)
          --decode N                  speed: tokens to generate (128)
          --prompt TEXT               first: what to continue
          --tokens N                  first: how many tokens (1)
        """;

    public ModelOptions Load { get; private init; } = new() { ContextLength = Verb == "first" ? 512 : null };

    public int Prefill { get; private init; } = 512;

    public int Decode { get; private init; } = 128;

    public int Tokens { get; private init; } = 1;

    public string Prompt { get; private init; } = "The capital of France is Paris. The capital of Japan is";

    /// <exception cref="ArgumentException">Not of the form above.</exception>
    public static Arguments Parse(string[] args)
    {
        if (args is not ["speed" or "first", ..])
        {
            throw new ArgumentException("say what to measure: speed or first");
        }

        var parsed = new Arguments(args[0]);
        for (var i = 1; i < args.Length; i += 2)
        {
            var option = args[i];
            var value = i + 1 < args.Length ? args[i + 1] : throw new ArgumentException($"{option} needs a value");
            parsed = option switch
            {
                "--threads" => parsed with { Load = parsed.Load with { Threads = Number() } },
                "--kernels" => parsed with { Load = parsed.Load with { Kernels = Enum.Parse<KernelSet>(value, ignoreCase: true) } },
                "--activations" => parsed with { Load = parsed.Load with { FloatActivations = value == "float" } },
                "--resident" => parsed with { Load = parsed.Load with { ResidentForm = Enum.Parse<ResidentForm>(value, ignoreCase: true) } },
                "--context" => parsed with { Load = parsed.Load with { ContextLength = Number() } },
                "--prefill" => parsed with { Prefill = Number() },
                "--decode" => parsed with { Decode = Number() },
                "--prompt" => parsed with { Prompt = value },
                "--tokens" => parsed with { Tokens = Number() },
                _ => throw new ArgumentException($"there is no option '{option}'"),
            };

            int Number() => int.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"{option} takes a number, not '{value}'");
        }

        return parsed;
    }
}
