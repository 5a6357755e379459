using System.Globalization;
using ModelPack;

namespace SampleApp;

/// <summary>The command line of the sample.</summary>
internal sealed record Arguments(string Prompt, IReadOnlyList<int[]> PromptTokens, ModelOptions Load, GenerateOptions Generate, bool Chat, bool Stats, bool Json)
{
    public const string Usage = """
        sample-app [PROMPT] [options]      the model's continuation of PROMPT ("Once upon a time"), streamed
          --max-tokens N                   most tokens to generate (256)
          --temperature T                  0 is greedy (0)
          --top-k N  --top-p P  --min-p P  draw only from the best tokens
          --repetition-penalty R           above 1 discourages repetition
          --seed N                         the same seed gives the same text
          --threads N                      0 chooses by the number of cores (0)
          --kernels SET                    auto, scalar, avx2, avxvnni, avx512, advsimd: same text, other speed (auto)
          --activations int8|float         float is slower and nearest to the reference (int8)
          --resident auto|compact|expanded trellis codes in memory: compact is smaller, expanded faster, same text (auto)
          --ids 1,2,3                      tokens instead of a prompt, taken as they are; generated tokens come out as a line of JSON;
                                           several times: one after the other, a line each
          --ignore-eos                     go on after the model's end
          --chat                           a conversation: each line of the input is a message; PROMPT, if given, is the system prompt
          --stats                          speed, memory and where the time to the first token went, on stderr
          --json                           the same as a last line of JSON, on stdout
        """;

    /// <exception cref="ArgumentException">An option that does not exist, or a value that is none of its.</exception>
    public static Arguments Parse(string[] args)
    {
        var prompt = default(string);
        var load = new ModelOptions();
        var generate = new GenerateOptions();
        var chat = false;
        var stats = false;
        var json = false;
        var tokens = new List<int[]>();
        for (var i = 0; i < args.Length; i++)
        {
            var option = args[i];
            switch (option)
            {
                case "--max-tokens": generate = generate with { MaxTokens = Number<int>() }; break;
                case "--temperature": generate = generate with { Temperature = Number<float>() }; break;
                case "--top-k": generate = generate with { TopK = Number<int>() }; break;
                case "--top-p": generate = generate with { TopP = Number<float>() }; break;
                case "--min-p": generate = generate with { MinP = Number<float>() }; break;
                case "--repetition-penalty": generate = generate with { RepetitionPenalty = Number<float>() }; break;
                case "--seed": generate = generate with { Seed = Number<ulong>() }; break;
                case "--threads": load = load with { Threads = Number<int>() }; break;
                case "--kernels": load = load with { Kernels = Choice<KernelSet>() }; break;
                case "--activations": load = load with { FloatActivations = OneOf("int8", "float") == "float" }; break;
                case "--resident": load = load with { ResidentForm = Choice<ResidentForm>() }; break;
                case "--ids": tokens.Add(Array.ConvertAll(Value().Split(','), Parse<int>)); break;
                case "--ignore-eos": generate = generate with { IgnoreEndOfGeneration = true }; break;
                case "--chat": chat = true; break;
                case "--stats": stats = true; break;
                case "--json": json = true; break;
                case ['-', '-', ..]: throw new ArgumentException($"there is no option '{option}'");
                default: prompt = prompt is null ? option : throw new ArgumentException($"only one prompt, please: '{option}' is a second one; put quotes around a prompt of several words"); break;
            }

            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{option} needs a value");

            T Number<T>()
                where T : IParsable<T> => Parse<T>(Value());

            T Parse<T>(string value)
                where T : IParsable<T> =>
                T.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"{option} takes a number, not '{value}'");

            T Choice<T>()
                where T : struct, Enum =>
                Enum.Parse<T>(OneOf(Enum.GetNames<T>()), ignoreCase: true);

            string OneOf(params string[] values)
            {
                var value = Value();
                return values.FirstOrDefault(v => v.Equals(value, StringComparison.OrdinalIgnoreCase)) ?? throw new ArgumentException($"{option} takes {string.Join(", ", values)}, not '{value}'");
            }
        }

        return new(prompt ?? (chat ? "" : "Once upon a time"), tokens, load, generate, chat, stats, json);
    }
}
