namespace ModelPack.Compiler.Tokenizers;

/// <summary>
/// The pre-tokenizers by the names that llama.cpp's converter writes into <c>tokenizer.ggml.pre</c>
/// (src/llama-vocab.cpp, MIT; the names and what they imply are facts of the format). Adding a name is one line.
/// </summary>
internal static class PreTokenizerTable
{
    private static readonly Dictionary<string, Entry> s_entries = Build(
        (new(PreTokenizerKind.Default), "default"),
        (new(PreTokenizerKind.Gpt2), "gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert mpt olmo jais trillion granite-docling exaone4"),
        (new(PreTokenizerKind.SmolLm), "smollm starcoder refact command-r codeshell exaone minerva-7b mellum2"),
        (new(PreTokenizerKind.Llama3, IgnoreMerges: true, AddBos: true), "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano"),
        (new(PreTokenizerKind.Llama3), "dbrx smaug-bpe chatglm-bpe glm4"),
        (new(PreTokenizerKind.Qwen2, Nfc: true), "qwen2"),
        (new(PreTokenizerKind.Qwen2), "deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2"),
        (new(PreTokenizerKind.Qwen35, Nfc: true), "qwen35"),
        (new(PreTokenizerKind.DeepSeekCoder), "deepseek-coder"),
        (new(PreTokenizerKind.DeepSeekV3), "deepseek-v3 hunyuan-dense joyai-llm hy_v4"),
        (new(PreTokenizerKind.Falcon), "falcon"),
        (new(PreTokenizerKind.Gpt4o), "gpt-4o llama4 kanana2 talkie minimax-m2"),
        (new(PreTokenizerKind.Tekken, IgnoreMerges: true, AddBos: true), "tekken"));

    public static IEnumerable<string> Names => s_entries.Keys;

    public static Entry? Find(string name) => s_entries.GetValueOrDefault(name);

    private static Dictionary<string, Entry> Build(params (Entry Entry, string Names)[] lines) =>
        lines.SelectMany(line => line.Names.Split(' ').Select(name => (name, line.Entry))).ToDictionary(StringComparer.Ordinal);

    /// <param name="Kind">The expressions.</param>
    /// <param name="IgnoreMerges">See <see cref="TokenizerSource.IgnoreMerges"/>.</param>
    /// <param name="AddBos">What holds where the file does not say.</param>
    /// <param name="Nfc">See <see cref="TokenizerSource.Nfc"/>.</param>
    internal sealed record Entry(PreTokenizerKind Kind, bool IgnoreMerges = false, bool AddBos = false, bool Nfc = false);
}
