namespace ModelPack.Plan;

/// <summary>One word of a call.</summary>
internal static class PlanTextOperand
{
    /// <summary>Null where <paramref name="word"/> is no operand.</summary>
    public static PlanOperand? Parse(string word)
    {
        if (word.Length == 0)
        {
            return null;
        }

        return word[0] switch
        {
            '@' => Named(word),
            '#' => PlanTextScanner.TryNumber(word.Substring(1), 0, int.MaxValue, out var index) ? PlanOperand.Weight((int)index) : null,
            '.' => PlanText.IsIdentifier(word.Substring(1)) ? PlanOperand.Slot(word.Substring(1)) : null,
            '-' or (>= '0' and <= '9') => PlanTextScanner.TryNumber(word, int.MinValue, int.MaxValue, out var value) ? PlanOperand.Integer((int)value) : null,
            'f' when word.StartsWith("f32:", System.StringComparison.Ordinal) => Float(word),
            _ => Buffer(word),
        };
    }

    private static PlanOperand? Named(string word) => word switch
    {
        "@logits" => PlanOperand.Logits,
        "@layer" => PlanOperand.Layer,
        "@none" => PlanOperand.NoWeight,
        "@true" => PlanOperand.Boolean(true),
        "@false" => PlanOperand.Boolean(false),
        _ => null,
    };

    /// <summary><c>f32:</c>, eight hexadecimal digits, and for people the value in parentheses.</summary>
    private static PlanOperand? Float(string word)
    {
        const int Digits = 8, Start = 4;
        var end = Start + Digits;
        return word.Length >= end
            && PlanTextEscapes.TryHex(word, Start, Digits, out var bits)
            && (word.Length == end || (word[end] == '(' && word[word.Length - 1] == ')'))
            ? PlanOperand.FloatBits(unchecked((int)bits))
            : null;
    }

    private static PlanOperand? Buffer(string word)
    {
        var bracket = word.IndexOf('[');
        if (bracket < 0)
        {
            return PlanText.IsIdentifier(word) ? PlanOperand.Buffer(word) : null;
        }

        var name = word.Substring(0, bracket);
        var comma = word.IndexOf(',', bracket);
        return PlanText.IsIdentifier(name)
            && comma > 0
            && word[word.Length - 1] == ']'
            && PlanTextScanner.TryNumber(word.Substring(bracket + 1, comma - bracket - 1), 0, int.MaxValue, out var offset)
            && PlanTextScanner.TryNumber(word.Substring(comma + 1, word.Length - comma - 2), 0, int.MaxValue, out var width)
            ? PlanOperand.Buffer(name, (int)offset, (int)width)
            : null;
    }
}
