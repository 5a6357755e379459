namespace ModelPack.Templates;

/// <summary>Python's equality and order.</summary>
internal static class TemplateOrder
{
    /// <summary>Neither less, equal nor greater: NaN.</summary>
    public const int Unordered = 2;

    public static bool AreEqual(TemplateValue left, TemplateValue right, int depth)
    {
        CheckDepth(depth);
        if (left.IsNumber && right.IsNumber)
        {
            return left.IsInteger && right.IsInteger ? left.Integer == right.Integer : left.Number == right.Number;
        }

        if (left.Kind != right.Kind)
        {
            return false;
        }

        switch (left.Kind)
        {
            case TemplateKind.Undefined or TemplateKind.None:
                return true;
            case TemplateKind.String:
                TemplateBudget.Spend(Math.Min(left.Text.Length, right.Text.Length));
                return string.Equals(left.Text, right.Text, StringComparison.Ordinal);
            case TemplateKind.List or TemplateKind.Tuple:
                return AreEqual(left.Sequence, right.Sequence, depth);
            case TemplateKind.Map:
                return AreEqual(left.Entries, right.Entries, depth);
            case TemplateKind.Namespace:
                return ReferenceEquals(left.Entries, right.Entries);
            case TemplateKind.Function:
                return ReferenceEquals(left.Callable, right.Callable);
            default:
                return ReferenceEquals(left.LoopState, right.LoopState);
        }
    }

    /// <summary>Negative, 0, 1; <see cref="Unordered"/> for NaN.</summary>
    /// <param name="op">For the message.</param>
    /// <exception cref="ModelPackException">MP5304: the two have no order.</exception>
    public static int Compare(TemplateValue left, TemplateValue right, string op, int depth = 0)
    {
        CheckDepth(depth);
        if (left.IsUndefined || right.IsUndefined)
        {
            throw TemplateErrors.Undefined(left.IsUndefined ? left : right);
        }

        if (left.IsNumber && right.IsNumber)
        {
            return left.IsInteger && right.IsInteger ? left.Integer.CompareTo(right.Integer)
                : double.IsNaN(left.Number) || double.IsNaN(right.Number) ? Unordered
                : left.Number.CompareTo(right.Number);
        }

        if (left.IsString && right.IsString)
        {
            return CompareText(left.Text, right.Text);
        }

        if (left.IsSequence && left.Kind == right.Kind)
        {
            return CompareSequences(left.Sequence, right.Sequence, op, depth);
        }

        throw TemplateErrors.Type($"'{op}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'");
    }

    internal static void CheckDepth(int depth)
    {
        if (depth > TemplateValue.MaxDepth)
        {
            throw TemplateErrors.Limit($"has lists and maps inside each other, more than {TemplateValue.MaxDepth} deep");
        }
    }

    private static bool AreEqual(TemplateValue[] left, TemplateValue[] right, int depth)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        TemplateBudget.Spend(left.Length);
        for (var i = 0; i < left.Length; i++)
        {
            if (!AreEqual(left[i], right[i], depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreEqual(TemplateMap left, TemplateMap right, int depth)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        TemplateBudget.Spend(left.Count);
        foreach (var (key, value) in left.Entries)
        {
            if (!right.TryGet(key, out var other) || !AreEqual(value, other, depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private static int CompareSequences(TemplateValue[] left, TemplateValue[] right, string op, int depth)
    {
        TemplateBudget.Spend(Math.Min(left.Length, right.Length));
        for (var i = 0; i < left.Length && i < right.Length; i++)
        {
            if (!AreEqual(left[i], right[i], depth + 1))
            {
                return Compare(left[i], right[i], op, depth + 1);
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    /// <summary>By code points: UTF-16 puts surrogates before U+E000, Python does not.</summary>
    private static int CompareText(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        TemplateBudget.Spend(common);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
        return Rank(left[common]).CompareTo(Rank(right[common]));
    }
}
