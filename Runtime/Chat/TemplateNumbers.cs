namespace ModelPack.Templates;

/// <summary>Python's arithmetic on 64-bit integers; a result beyond them is an error, not a wrong number.</summary>
internal static class TemplateNumbers
{
    public static long Add(long left, long right) => Fits((Int128)left + right);

    public static long Subtract(long left, long right) => Fits((Int128)left - right);

    public static long Multiply(long left, long right) => Fits((Int128)left * right);

    /// <summary>Rounds towards −∞.</summary>
    public static TemplateValue FloorDivide(TemplateValue left, TemplateValue right)
    {
        CheckDivisor(right, "integer division or modulo by zero");
        if (!left.IsInteger || !right.IsInteger)
        {
            return Math.Floor(left.Number / right.Number);
        }

        var (quotient, remainder) = Int128.DivRem(left.Integer, right.Integer);
        return Fits(remainder != 0 && (remainder < 0) != (right.Integer < 0) ? quotient - 1 : quotient);
    }

    /// <summary>Has the divisor's sign.</summary>
    public static TemplateValue Modulo(TemplateValue left, TemplateValue right)
    {
        CheckDivisor(right, "integer modulo by zero");
        if (!left.IsInteger || !right.IsInteger)
        {
            var rest = left.Number % right.Number;
            return rest != 0 && (rest < 0) != (right.Number < 0) ? rest + right.Number : rest;
        }

        var remainder = (Int128)left.Integer % right.Integer;
        return Fits(remainder != 0 && (remainder < 0) != (right.Integer < 0) ? remainder + right.Integer : remainder);
    }

    /// <summary>Of integers only: no template was seen that has more, and powers of floats are the C library's, which differ from platform to platform.</summary>
    public static TemplateValue Power(TemplateValue left, TemplateValue right)
    {
        if (!left.IsInteger || !right.IsInteger || right.Integer < 0)
        {
            throw TemplateErrors.Limit("takes a power that is not one of integers");
        }

        // What is neither −1, 0 nor 1 leaves 64 bits within as many steps; for those only the parity counts.
        var exponent = right.Integer > 64 ? 64 + (right.Integer & 1) : right.Integer;
        var steps = left.Integer is >= -1 and <= 1 ? exponent : right.Integer;
        long result = 1;
        for (var i = 0L; i < steps; i++)
        {
            result = Multiply(result, left.Integer);
        }

        return result;
    }

    /// <summary>A string or list several times.</summary>
    public static TemplateValue Repeat(TemplateValue value, long times)
    {
        var count = Math.Max(times, 0);
        var length = value.IsString ? value.Text.Length : value.Sequence.Length;
        if (count * (Int128)length > TemplateText.MaxLength)
        {
            throw TemplateErrors.Limit($"makes a value of more than {TemplateText.MaxLength} items");
        }

        count = length == 0 ? 0 : count;
        if (value.IsString)
        {
            var text = new TemplateText();
            for (var i = 0; i < count; i++)
            {
                text.Append(value);
            }

            return text.ToValue(value.IsMarkup);
        }

        TemplateBudget.Spend((int)(count * length));
        var items = new TemplateValue[count * length];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = value.Sequence[i % length];
        }

        return value.Kind == TemplateKind.Tuple ? TemplateValue.TupleOf(items) : TemplateValue.ListOf(items);
    }

    private static void CheckDivisor(TemplateValue divisor, string message)
    {
        if (divisor.Number == 0)
        {
            throw TemplateErrors.Failed("ZeroDivisionError: " + message);
        }
    }

    private static long Fits(Int128 value) =>
        value >= long.MinValue && value <= long.MaxValue ? (long)value : throw TemplateErrors.Limit("computes an integer beyond 64 bits");
}
