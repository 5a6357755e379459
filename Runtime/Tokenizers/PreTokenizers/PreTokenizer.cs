using System.Runtime.CompilerServices;

namespace ModelPack;

/// <summary>How a text is cut into words before merging. The number is what the tables hold: never reuse one.</summary>
internal enum PreTokenizerKind
{
    /// <summary>None: SentencePiece.</summary>
    None = 0,
    Gpt2 = 1,
    SmolLm = 2,
    Llama3 = 3,
    Qwen2 = 4,
    DeepSeekCoder = 5,
    Default = 6,
    Falcon = 7,
    DeepSeekV3 = 8,
    Gpt4o = 9,
    Tekken = 10,
    Qwen35 = 11,
}

/// <summary>The stages of each <see cref="PreTokenizerKind"/>.</summary>
internal static class PreTokenizer
{
    public const int MaxStages = 5;

    /// <summary>The stages in the order in which they cut, or null for a number that is not known here.</summary>
    public static PreTokenizerStage[]? Stages(PreTokenizerKind kind) => kind switch
    {
        PreTokenizerKind.None => [],
        PreTokenizerKind.Gpt2 => [new Gpt2Stage()],
        PreTokenizerKind.SmolLm => [new NumberStage(1), new Gpt2Stage()],
        PreTokenizerKind.Llama3 => [new Cl100kStage(3)],
        PreTokenizerKind.Qwen2 => [new Cl100kStage(1)],
        PreTokenizerKind.DeepSeekCoder =>
        [
            new LineBreakStage(), new SpacedRunStage(UnicodeClass.Letter), new SpacedRunStage(UnicodeClass.Punctuation),
            new RangesStage(0x0800, 0x9FA5, 0xAC00, 0xD7FF), new NumberStage(1),
        ],
        PreTokenizerKind.Default => [new PunctuationStage("$+<=>^~|"), new Gpt2Stage(), new NumberStage(int.MaxValue), new DigitTripleStage()],
        PreTokenizerKind.Falcon => [new PunctuationStage("$+<=>^~|`"), new Gpt2Stage(), new DigitTripleStage()],
        PreTokenizerKind.DeepSeekV3 => [new NumberStage(3), new RangesStage(0x4E00, 0x9FA5, 0x3040, 0x30FF), new DeepSeekV3Stage()],
        PreTokenizerKind.Gpt4o => [new CasedWordStage(3, contractions: true)],
        PreTokenizerKind.Tekken => [new CasedWordStage(1, contractions: false)],
        PreTokenizerKind.Qwen35 => [new Cl100kStage(1, UnicodeClass.Letter | UnicodeClass.Mark)],
        _ => null,
    };
}

/// <summary>Walks the pieces of a text: each stage cuts the pieces of the one before.</summary>
internal ref struct PieceEnumerator(PreTokenizerStage[] stages, ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private readonly PreTokenizerStage[] _stages = stages;
    private Ends _ends;
    private int _at;

    /// <summary>The next piece; false at the end.</summary>
    public bool TryNext(out ReadOnlySpan<byte> piece)
    {
        var start = _at;
        if (start == _text.Length)
        {
            piece = default;
            return false;
        }

        var end = _text.Length;
        for (var i = 0; i < _stages.Length; i++)
        {
            if (_ends[i] <= start)
            {
                _ends[i] = start + _stages[i].Next(_text[start..end]);
            }

            end = _ends[i];
        }

        _at = end;
        piece = _text[start..end];
        return true;
    }

    [InlineArray(PreTokenizer.MaxStages)]
    private struct Ends
    {
        private int _first;
    }
}
