using System.Text;

namespace ModelPack.Compiler.Tokenizers;

/// <summary>
/// Tokens that end a turn in one model family or another; files often name only one of several. The list is that of llama.cpp's
/// vocabulary loader (src/llama-vocab.cpp, MIT).
/// </summary>
internal static class EndOfGenerationNames
{
    /// <summary>So unlikely in ordinary text that the name alone decides, even where the file has the token as a normal one.</summary>
    private static readonly HashSet<string> s_unmistakable =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|calls|>", "<|flush|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>",
        "<|end_of_text|>", "<end_of_utterance>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>",
    ];

    /// <summary>Could be ordinary text (markup); the file must have them as special tokens.</summary>
    private static readonly HashSet<string> s_ifSpecial =
    [
        "</s>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<eos>", "[e~[",
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>",
    ];

    /// <summary>Marks the tokens that end generation; unmistakable ones become control tokens.</summary>
    public static void Mark(TokenizerSource source, TokenAttributes[] attributes)
    {
        var ends = new Dictionary<string, int>();
        for (var id = 0; id < attributes.Length; id++)
        {
            // The longest name has 31 bytes.
            if (source.Tokens[id].Length > 40)
            {
                continue;
            }

            var name = Encoding.UTF8.GetString(source.Tokens[id]);
            var type = attributes[id] & TokenAttributes.TypeMask;
            if (s_unmistakable.Contains(name) && type is TokenAttributes.Normal)
            {
                attributes[id] = TokenAttributes.Control;
            }

            if (s_unmistakable.Contains(name) || (s_ifSpecial.Contains(name) && type is (TokenAttributes.Control or TokenAttributes.UserDefined)))
            {
                ends.TryAdd(name, id);
            }
        }

        // Where a message's end and the turn's end have different tokens, only the latter ends generation (gpt-oss, Solar; Gemma 4).
        if (ends.ContainsKey("<|return|>") && ends.ContainsKey("<|call|>"))
        {
            ends.Remove("<|end|>");
        }

        if (ends.ContainsKey("<|tool_response>"))
        {
            ends.Remove("</s>");
        }

        foreach (var id in ends.Values.Concat(source.EndOfGeneration).Append(source.Eos).Where(id => id >= 0))
        {
            attributes[id] |= TokenAttributes.EndOfGeneration;
        }
    }
}
