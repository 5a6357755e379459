namespace ModelPack.Templates;

/// <summary>Python's operators.</summary>
public readonly partial struct TemplateValue
{
    public static bool operator true(TemplateValue value) => value.IsTrue;

    public static bool operator false(TemplateValue value) => !value.IsTrue;

    /// <summary>The second half of <c>and</c>: C# has looked at the left operand already.</summary>
    public static TemplateValue operator &(TemplateValue left, TemplateValue right) => right;

    /// <summary>The second half of <c>or</c>.</summary>
    public static TemplateValue operator |(TemplateValue left, TemplateValue right) => right;

    public static TemplateValue operator !(TemplateValue value) => !value.IsTrue;

    public static TemplateValue operator ==(TemplateValue left, TemplateValue right) => left.Equals(right);

    public static TemplateValue operator !=(TemplateValue left, TemplateValue right) => !left.Equals(right);

    public static TemplateValue operator <(TemplateValue left, TemplateValue right) => TemplateOrder.Compare(left, right, "<") < 0;

    public static TemplateValue operator <=(TemplateValue left, TemplateValue right) => TemplateOrder.Compare(left, right, "<=") <= 0;

    public static TemplateValue operator >(TemplateValue left, TemplateValue right) => TemplateOrder.Compare(left, right, ">") is > 0 and < TemplateOrder.Unordered;

    public static TemplateValue operator >=(TemplateValue left, TemplateValue right) => TemplateOrder.Compare(left, right, ">=") is >= 0 and < TemplateOrder.Unordered;

    public static TemplateValue operator +(TemplateValue left, TemplateValue right)
    {
        CheckDefined(left, right);
        if (left.IsString && right.IsString)
        {
            return left.IsMarkup || right.IsMarkup
                ? new TemplateText().Append(TemplateRepr.Escape(left)).Append(TemplateRepr.Escape(right)).ToValue(isMarkup: true)
                : new TemplateText().Append(left).Append(right).ToValue();
        }

        if (left.IsNumber && right.IsNumber)
        {
            return left.IsInteger && right.IsInteger ? (TemplateValue)TemplateNumbers.Add(left.Integer, right.Integer) : left.Number + right.Number;
        }

        if (left.IsSequence && left.Kind == right.Kind)
        {
            TemplateBudget.Spend(left.Sequence.Length + right.Sequence.Length);
            return new(left.Kind, (TemplateValue[])[.. left.Sequence, .. right.Sequence]);
        }

        throw TemplateErrors.Type(left.IsString || left.IsSequence
            ? $"can only concatenate {left.TypeName} (not \"{right.TypeName}\") to {left.TypeName}"
            : Unsupported("+", left, right));
    }

    public static TemplateValue operator -(TemplateValue left, TemplateValue right)
    {
        CheckNumbers("-", left, right);
        return left.IsInteger && right.IsInteger ? (TemplateValue)TemplateNumbers.Subtract(left.Integer, right.Integer) : left.Number - right.Number;
    }

    public static TemplateValue operator -(TemplateValue value)
    {
        CheckDefined(value, value);
        return !value.IsNumber ? throw TemplateErrors.Type($"bad operand type for unary -: '{value.TypeName}'")
            : value.IsInteger ? (TemplateValue)TemplateNumbers.Subtract(0, value.Integer) : -value.Number;
    }

    public static TemplateValue operator +(TemplateValue value)
    {
        CheckDefined(value, value);
        return !value.IsNumber ? throw TemplateErrors.Type($"bad operand type for unary +: '{value.TypeName}'")
            : value.IsInteger ? (TemplateValue)value.Integer : value;
    }

    public static TemplateValue operator *(TemplateValue left, TemplateValue right)
    {
        CheckDefined(left, right);
        if (left.IsInteger && (right.IsString || right.IsSequence))
        {
            (left, right) = (right, left);
        }

        if (right.IsInteger && (left.IsString || left.IsSequence))
        {
            return TemplateNumbers.Repeat(left, right.Integer);
        }

        CheckNumbers("*", left, right);
        return left.IsInteger && right.IsInteger ? (TemplateValue)TemplateNumbers.Multiply(left.Integer, right.Integer) : left.Number * right.Number;
    }

    public static TemplateValue operator /(TemplateValue left, TemplateValue right)
    {
        CheckNumbers("/", left, right);
        return right.Number == 0 ? throw TemplateErrors.Failed("ZeroDivisionError: division by zero") : left.Number / right.Number;
    }

    public static TemplateValue operator %(TemplateValue left, TemplateValue right)
    {
        if (left.IsString)
        {
            return PercentFormat.Apply(left, right.Kind == TemplateKind.Tuple ? right.Sequence : [right]);
        }

        CheckNumbers("%", left, right);
        return TemplateNumbers.Modulo(left, right);
    }

    /// <summary>Python's <c>//</c>.</summary>
    public static TemplateValue FloorDivide(TemplateValue left, TemplateValue right)
    {
        CheckNumbers("//", left, right);
        return TemplateNumbers.FloorDivide(left, right);
    }

    /// <summary>Python's <c>**</c>.</summary>
    public static TemplateValue Power(TemplateValue left, TemplateValue right)
    {
        CheckNumbers("**", left, right);
        return TemplateNumbers.Power(left, right);
    }

    /// <summary>Jinja2's <c>~</c>: the texts of all values, one after the other.</summary>
    public static TemplateValue Concat(params ReadOnlySpan<TemplateValue> values)
    {
        var text = new TemplateText();
        foreach (var value in values)
        {
            text.Append(TemplateRepr.Display(value));
        }

        return text.ToValue();
    }

    public bool Equals(TemplateValue other) => TemplateOrder.AreEqual(this, other, 0);

    public override bool Equals(object? obj) => obj is TemplateValue other && Equals(other);

    public override int GetHashCode() => Kind switch
    {
        TemplateKind.Boolean or TemplateKind.Integer => _bits.GetHashCode(),
        TemplateKind.Float => Number == Math.Floor(Number) && Math.Abs(Number) < 1e18 ? ((long)Number).GetHashCode() : Number.GetHashCode(),
        TemplateKind.String => Text.GetHashCode(StringComparison.Ordinal),
        TemplateKind.List or TemplateKind.Tuple => Sequence.Length,
        _ => (int)Kind,
    };

    private static string Unsupported(string op, TemplateValue left, TemplateValue right) =>
        $"unsupported operand type(s) for {op}: '{left.TypeName}' and '{right.TypeName}'";

    private static void CheckDefined(TemplateValue left, TemplateValue right)
    {
        if (left.IsUndefined || right.IsUndefined)
        {
            throw TemplateErrors.Undefined(left.IsUndefined ? left : right);
        }
    }

    private static void CheckNumbers(string op, TemplateValue left, TemplateValue right)
    {
        CheckDefined(left, right);
        if (!left.IsNumber || !right.IsNumber)
        {
            throw TemplateErrors.Type(Unsupported(op, left, right));
        }
    }
}
