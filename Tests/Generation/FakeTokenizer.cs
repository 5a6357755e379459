using System.Text;

namespace ModelPack.Tests.Generation;

/// <summary>Ids 0 … 255 are bytes, 256 BOS, 257 EOS, then whole words given by the test; the longest match wins.</summary>
internal sealed class FakeTokenizer(bool addsBos = true, params string[] words) : Tokenizer
{
    public const int Bos = 256, Eos = 257, FirstWord = 258;

    private readonly byte[][] _words = [.. words.Select(Encoding.UTF8.GetBytes)];

    public override int VocabularySize => FirstWord + _words.Length;

    public override int BosId => Bos;

    public override int EosId => Eos;

    public override bool AddsBos => addsBos;

    public override bool IsEndOfGeneration(int id) => id == Eos;

    public override int[] Encode(ReadOnlySpan<char> text, bool addSpecial = true, bool parseSpecial = true)
    {
        var ids = new List<int>();
        if (addSpecial && addsBos)
        {
            ids.Add(Bos);
        }

        var source = text.ToString();
        if (parseSpecial && source.EndsWith("<eos>", StringComparison.Ordinal))
        {
            return [.. ids, .. Encode(source.AsSpan(0, source.Length - 5), addSpecial: false), Eos];
        }

        var bytes = Encoding.UTF8.GetBytes(source);
        for (var at = 0; at < bytes.Length;)
        {
            var best = -1;
            for (var w = 0; w < _words.Length; w++)
            {
                if (bytes.AsSpan(at).StartsWith(_words[w]) && (best < 0 || _words[w].Length > _words[best].Length))
                {
                    best = w;
                }
            }

            ids.Add(best < 0 ? bytes[at] : FirstWord + best);
            at += best < 0 ? 1 : _words[best].Length;
        }

        return [.. ids];
    }

    public override string Decode(ReadOnlySpan<int> ids, bool special = false)
    {
        var decoder = CreateDecoder(special);
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            text.Append(decoder.Append(id));
        }

        return text.Append(decoder.Flush()).ToString();
    }

    public override StreamingDecoder CreateDecoder(bool special = false) => new Utf8(this, special);

    private sealed class Utf8(FakeTokenizer tokenizer, bool special) : StreamingDecoder
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

        public override string Append(int id) => id switch
        {
            < 256 => Convert([(byte)id], flush: false),
            Bos => special ? "<bos>" : "",
            Eos => special ? "<eos>" : "",
            _ => Convert(tokenizer._words[id - FirstWord], flush: false),
        };

        public override string Flush() => Convert([], flush: true);

        private string Convert(ReadOnlySpan<byte> bytes, bool flush)
        {
            var text = new char[bytes.Length + 4];
            return new(text, 0, _decoder.GetChars(bytes, text, flush));
        }
    }
}
