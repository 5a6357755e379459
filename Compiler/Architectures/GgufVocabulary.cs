using ModelPack.Compiler.Import;

namespace ModelPack.Compiler.Architectures;

/// <summary>The size of a text model's vocabulary: the embedding's rows, with which tokenizer and <c>vocab_size</c> must agree.</summary>
internal static class GgufVocabulary
{
    private const string Embedding = "token_embd.weight";
    private const string Tokens = "tokenizer.ggml.tokens";
    private const int MaxSize = 1 << 24;

    /// <exception cref="ModelPackException">MP2102, MP2104, MP2105.</exception>
    public static int ReadSize(HyperParameters p, ModelSource source)
    {
        var table = source.Find(Embedding) ?? throw new ModelPackException(
            CompilerCodes.TensorMissing, $"tensor '{Embedding}', the token embedding, is missing; the file has {source.Tensors.Count} tensors. It may be incomplete, or hold a vocabulary only.");
        var rows = table.Shape.Count == 2 ? table.Shape[0] : p.Integer("vocab_size", 1, MaxSize);
        if (rows is < 1 or > MaxSize)
        {
            throw new ModelPackException(CompilerCodes.HyperParameter, $"the embedding has {rows} rows; expected 1 to {MaxSize}.");
        }

        if (p.Has("vocab_size") && p.Integer("vocab_size", 1, MaxSize) is var claimed && claimed != rows)
        {
            throw Mismatch($"{p.Key("vocab_size")} is {claimed}");
        }

        if (source.Metadata.Contains(Tokens) && source.Metadata.GetStringArray(Tokens).Count is var tokens && tokens != rows)
        {
            throw Mismatch($"the tokenizer has {tokens} tokens ({Tokens})");
        }

        return (int)rows;

        ModelPackException Mismatch(string what) => new(
            CompilerCodes.VocabularyMismatch, $"{what}, but tensor '{Embedding}' has {rows} rows; expected as many. The file was put together from parts of different models: convert it again.");
    }
}
