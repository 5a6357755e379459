using ModelPack.Compiler.Import;

namespace ModelPack.Compiler.Tokenizers;

/// <summary>A tokenizer from GGUF metadata (<c>tokenizer.ggml.*</c>, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).</summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    /// <exception cref="ModelPackException">MP2201, MP2202, MP2203, MP2205, and MP20xx for values of the wrong type.</exception>
    public static TokenizerSource Read(ModelMetadata metadata)
    {
        var model = metadata.TryString(Prefix + "model") ?? throw new ModelPackException(
            CompilerCodes.TokenizerModelUnknown, $"The file has no tokenizer: the key '{Prefix}model' is missing. Use a file that was converted with its vocabulary.");
        return model switch
        {
            "gpt2" => ByteLevel(metadata),
            "llama" => SentencePiece(metadata),
            _ => throw new ModelPackException(
                CompilerCodes.TokenizerModelUnknown,
                $"'{Prefix}model' is '{model}'; supported are 'gpt2' (byte-level BPE) and 'llama' (SentencePiece BPE). Use a model with one of these."),
        };
    }

    private static TokenizerSource ByteLevel(ModelMetadata metadata)
    {
        var name = metadata.TryString(Prefix + "pre") ?? "default";
        var entry = PreTokenizerTable.Find(name) ?? throw new ModelPackException(
            CompilerCodes.PreTokenizerUnknown,
            $"'{Prefix}pre' is '{name}'; supported are {string.Join(", ", PreTokenizerTable.Names)}. Convert the model with a current converter, or use another model.");
        return Common(metadata, TokenizerLayout.Model.ByteLevelBpe, entry.AddBos) with
        {
            PreTokenizer = entry.Kind,
            Merges = Required(metadata, "merges", metadata.GetStringArray),
            Nfc = entry.Nfc,
            IgnoreMerges = entry.IgnoreMerges,
        };
    }

    private static TokenizerSource SentencePiece(ModelMetadata metadata)
    {
        var source = Common(metadata, TokenizerLayout.Model.SentencePiece, addBos: true) with
        {
            Scores = Required(metadata, "scores", metadata.GetFloatArray),
            AddSpacePrefix = metadata.TryBoolean(Prefix + "add_space_prefix") ?? true,
            StripAfterSpecial = IsPhi3(metadata),
        };
        return source with
        {
            Bos = source.Bos >= 0 ? source.Bos : Default(source, 1, "<s>"u8),
            Eos = source.Eos >= 0 ? source.Eos : Default(source, 2, "</s>"u8),
            Unknown = source.Unknown >= 0 ? source.Unknown : Default(source, 0, "<unk>"u8),
        };
    }

    /// <summary>GGUF has no field for it; the name is what others go by too.</summary>
    private static bool IsPhi3(ModelMetadata metadata) =>
        metadata.TryString("general.name")?.ToLowerInvariant() is { } name && (name.Contains("phi-3", StringComparison.Ordinal) || name.Contains("phi3", StringComparison.Ordinal));

    private static int Default(TokenizerSource source, int id, ReadOnlySpan<byte> text) => id < source.Tokens.Count && source.Tokens[id].AsSpan().SequenceEqual(text) ? id : -1;

    private static TokenizerSource Common(ModelMetadata metadata, TokenizerLayout.Model model, bool addBos)
    {
        var tokens = Required(metadata, "tokens", metadata.GetStringArray);
        var types = metadata.Contains(Prefix + "token_type") ? metadata.GetIntegerArray(Prefix + "token_type") : null;
        var bos = Id(metadata, "bos_token_id", tokens.Count);
        var eos = Id(metadata, "eos_token_id", tokens.Count);
        var addsBos = metadata.TryBoolean(Prefix + "add_bos_token");
        var addsEos = metadata.TryBoolean(Prefix + "add_eos_token") ?? false;
        Require(addsBos == true && bos < 0 && model == TokenizerLayout.Model.ByteLevelBpe, "add_bos_token", "bos_token_id");
        Require(addsEos && eos < 0 && model == TokenizerLayout.Model.ByteLevelBpe, "add_eos_token", "eos_token_id");
        return new TokenizerSource
        {
            Model = model,
            Tokens = tokens,
            Types = types?.Select(type => (int)Math.Clamp(type, -1, int.MaxValue)).ToArray(),
            Bos = bos,
            Eos = eos,
            Unknown = Id(metadata, "unknown_token_id", tokens.Count),
            Padding = Id(metadata, "padding_token_id", tokens.Count),
            EndOfGeneration = [.. new[] { "eot_token_id", "eom_token_id" }.Select(key => Id(metadata, key, tokens.Count)).Where(id => id >= 0)],
            AddBos = addsBos ?? addBos,
            AddEos = addsEos,
        };
    }

    private static void Require(bool missing, string flag, string key)
    {
        if (missing)
        {
            throw new ModelPackException(CompilerCodes.SpecialTokenOutOfRange, $"'{Prefix}{flag}' is true, but '{Prefix}{key}' is missing. Add it, or set the flag to false.");
        }
    }

    private static int Id(ModelMetadata metadata, string key, int count) => metadata.TryInteger(Prefix + key) switch
    {
        // All ones is how some converters write "none".
        null or -1 or uint.MaxValue => -1,
        >= 0 and var id when id < count => (int)id,
        var id => throw new ModelPackException(
            CompilerCodes.SpecialTokenOutOfRange, $"'{Prefix}{key}' is {id}, outside the vocabulary of {count} tokens. Correct the key or convert the model anew."),
    };

    private static T Required<T>(ModelMetadata metadata, string key, Func<string, T> get) => metadata.Contains(Prefix + key)
        ? get(Prefix + key)
        : throw new ModelPackException(CompilerCodes.VocabularyMalformed, $"The key '{Prefix}{key}' is missing. Use a file that was converted with its vocabulary.");
}
