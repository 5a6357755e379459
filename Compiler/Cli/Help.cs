namespace ModelPack.Compiler.Cli;

/// <summary>What <c>modelpack --help</c> and <c>modelpack VERB --help</c> say.</summary>
internal static class Help
{
    public const string Usage = """
        modelpack compiles language models into .NET applications.

          modelpack inspect FILE [--json]                       what is in a model file
          modelpack pack FILE -o OUT.mpk [--plan OUT.plan]      compile a model
          modelpack run PACK|FILE --prompt TEXT | --ids 1,2,3 | --chat CHAT.json
                                                                generate, greedily, through the interpreter
          modelpack tokenize FILE --texts TEXTS.json            token ids of a JSON list of texts
          modelpack measure PACK|FILE --text TEXT               divergence from float activations, or from --reference FILE; perplexity
          modelpack profile FILE -o OUT.profile                 how fast this processor decodes, for builds that have it as their target
          modelpack reference FILE -o REF.gguf                  the f16 model that compressed forms are measured against

        modelpack VERB --help lists a verb's options.
        Most builds never call it: the targets of the package ModelPack do.
        """;

    private const string Compression = """

        How the model is compressed:
          --quality LEVEL|KLD        Source (default: the file's own codes), High, Good, Balanced, Small, Tiny, or a KL divergence such as .05
          --bits-per-weight B        at rest, instead of a quality
          --max-size 60MB            of the pack, instead of a quality
          --memory-budget 48MB       of the weights in memory, alone or beside the others
          --decode-speed T           tokens a second at least, alone or beside the others, as a profile expects them
          --profile NAME|FILE        the processor that decodes: x86-64-v3 (default), x86-64-v4, or what `modelpack profile` wrote on it
          --effort Fast|Normal|Best  seconds, two minutes or ten for 135 M weights
          --optimize Size|Speed      fewest bytes, or least arithmetic
          --recipe Tiled|DoubleCompression|RoundToNearest
          --calibration TEXT         a text like the application's own; may be given several times (default: a small mixed text of ours)

        """;

    private const string Running = """

        How it runs:
          --activations int8|float   (default: int8)
          --kernels auto|scalar|avx2|avxvnni|avx512|advsimd
          --resident auto|compact|expanded
                                     form of trellis codes in memory: fewest bytes, or least arithmetic
          --threads T                (default: all cores)
          --context-length L

        """;

    private const string Json = """
          --json                     the last line of output is one JSON object

        """;

    private static readonly Dictionary<string, string> s_verbs = new()
    {
        ["inspect"] = """
            modelpack inspect FILE [options]: what is in a model file, and whether it can be compiled.

              --shape OUT.shape          write what the generated types depend on
              --name N, --namespace NS, --context-length L
                                         of the generated class

            """ + Compression + Json,
        ["pack"] = """
            modelpack pack FILE -o OUT.mpk [options]: compiles a model.

              -o OUT.mpk                 the pack
              --plan OUT.plan            what code is generated from (default: beside the pack)
              --shape OUT.shape          what the generated types depend on
              --report R.html|R.json     bits and sensitivity of every tensor, the rate-distortion front, samples, times
              --name N, --namespace NS, --context-length L
                                         of the generated class
              --cache off|FOLDER         where models that were compiled before are kept (default: the user's cache)
              --cache-size 4GB
              --threads T                (default: all cores)

            """ + Compression + Json,
        ["run"] = """
            modelpack run PACK|FILE --prompt TEXT | --ids 1,2,3 | --chat CHAT.json [options]: generates greedily through the interpreter.

              --prompt TEXT
              --ids 1,2,3                token ids, taken as they are
              --chat CHAT.json           a conversation
              --max-tokens N             (default: 128)
              --logits L.safetensors     write the logits after each given token
              --inputs, --outputs        of graphs and encoders: not in this version

            """ + Running + Compression + Json,
        ["tokenize"] = """
            modelpack tokenize FILE --texts TEXTS.json [options]: token ids of a JSON list of texts.

              --texts TEXTS.json
              --special                  with BOS and EOS
            """ + "\n" + Json,
        ["measure"] = """
            modelpack measure PACK|FILE --text TEXT [options]: KL divergence from the reference, agreement of the best token, perplexity.

              --text TEXT                UTF-8
              --reference FILE           (default: the same weights with float activations)
              --windows W                of 512 tokens (default: 24)
              --cache off|FOLDER         where the reference's answers are kept (default: the user's cache)
              --cache-size 4GB

            """ + Running + Compression + Json,
        ["profile"] = """
            modelpack profile FILE -o OUT.profile [options]: measures how fast this processor decodes; give OUT.profile to builds for it as --profile.

              -o OUT.profile
              --kernels auto|scalar|avx2|avxvnni|avx512|advsimd
              --threads T                (default: all cores)
              --rounds N                 over all kinds of weight, of which the second best counts (default: 6)
            """ + "\n" + Json,
        ["reference"] = """
            modelpack reference FILE -o REF.gguf [options]: the f16 model that compressed forms of a quantised file are measured against.

              -o REF.gguf
              --threads T                (default: all cores)
            """ + "\n" + Json,
    };

    /// <summary>Verbs, as they are listed.</summary>
    public static IReadOnlyCollection<string> Verbs => s_verbs.Keys;

    /// <summary>A verb's options; the list of verbs where there is no such verb.</summary>
    public static string Of(string? verb) => verb is not null && s_verbs.TryGetValue(verb, out var text) ? text.TrimEnd() : Usage;
}
