namespace ModelPack;

/// <summary>
/// A model's tokenizer. Its tables were laid out at build time and are read in place: opening one builds nothing.
/// Thread-safe.
/// </summary>
public abstract class Tokenizer
{
    /// <summary>Number of tokens.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Beginning-of-sequence token, or −1.</summary>
    public abstract int BosId { get; }

    /// <summary>End-of-sequence token, or −1.</summary>
    public abstract int EosId { get; }

    /// <summary>Whether a raw prompt gets <see cref="BosId"/> in front.</summary>
    public abstract bool AddsBos { get; }

    /// <summary>Whether <paramref name="id"/> ends generation (EOS, end of turn, …).</summary>
    public abstract bool IsEndOfGeneration(int id);

    /// <summary>
    /// Token ids of <paramref name="text"/>.
    /// </summary>
    /// <param name="text">UTF-16 text; lone surrogates become U+FFFD.</param>
    /// <param name="addSpecial">Put BOS (and EOS, where the file says so) around it.</param>
    /// <param name="parseSpecial">Recognise control tokens such as <c>&lt;|im_start|&gt;</c> written out in the text.</param>
    public abstract int[] Encode(ReadOnlySpan<char> text, bool addSpecial = true, bool parseSpecial = true);

    /// <summary>
    /// Token ids of a prompt that a chat template wrote: control tokens are recognised where the template wrote them, not where a message did. Nothing is put around it.
    /// </summary>
    /// <param name="literal">Spans of messages: start and end in turn, ascending, in UTF-16 units.</param>
    internal virtual int[] EncodePrompt(string text, ReadOnlySpan<int> literal)
    {
        // For tokenizers of others: each part by itself.
        var ids = new List<int>();
        var at = 0;
        for (var i = 0; i < literal.Length; i += 2)
        {
            ids.AddRange(Encode(text.AsSpan(at, literal[i] - at), addSpecial: false));
            ids.AddRange(Encode(text.AsSpan(literal[i], literal[i + 1] - literal[i]), addSpecial: false, parseSpecial: false));
            at = literal[i + 1];
        }

        return [.. ids, .. Encode(text.AsSpan(at), addSpecial: false)];
    }

    /// <summary>The text of <paramref name="ids"/>; incomplete UTF-8 sequences become U+FFFD. Control tokens are left out unless <paramref name="special"/>.</summary>
    public abstract string Decode(ReadOnlySpan<int> ids, bool special = false);

    /// <summary>A decoder for text that arrives token by token: it holds back bytes until a character is whole.</summary>
    public abstract StreamingDecoder CreateDecoder(bool special = false);

    /// <summary>A tokenizer over tables that the compiler laid out; they are read in place and must outlive it.</summary>
    /// <exception cref="ModelPackException">MP5001, MP5004: the bytes are not such tables.</exception>
    internal static unsafe Tokenizer Open(byte* tables, long length)
    {
        var opened = new TokenizerTables(tables, length);
        return opened.Model == TokenizerLayout.Model.ByteLevelBpe ? new BytePairTokenizer(opened) : new SentencePieceTokenizer(opened);
    }
}

/// <summary>Turns tokens into text one at a time.</summary>
public abstract class StreamingDecoder
{
    /// <summary>The text that has become complete with this token; often one word, sometimes empty.</summary>
    public abstract string Append(int id);

    /// <summary>What is left: incomplete bytes as U+FFFD.</summary>
    public abstract string Flush();
}
