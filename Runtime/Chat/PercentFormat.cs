using System.Globalization;

namespace ModelPack.Templates;

/// <summary>Python's <c>"%s of %d" % values</c>: <c>%s %r %d %i %x %f %%</c>, with a number of decimals for <c>%f</c>.</summary>
internal static class PercentFormat
{
    public static TemplateValue Apply(TemplateValue format, ReadOnlySpan<TemplateValue> values)
    {
        var source = format.Text;
        var text = new TemplateText();
        var next = 0;
        for (var at = 0; at < source.Length;)
        {
            var percent = source.IndexOf('%', at);
            percent = percent < 0 ? source.Length : percent;
            text.Append(format, at, percent - at);
            at = percent;
            if (at == source.Length)
            {
                break;
            }

            var decimals = 6;
            at++;
            if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
            {
                decimals = source[at + 1] - '0';
                at += 2;
            }

            if (at == source.Length)
            {
                throw TemplateErrors.Value("incomplete format");
            }

            var kind = source[at++];
            if (kind == '%')
            {
                text.Append("%");
                continue;
            }

            if (next == values.Length)
            {
                throw TemplateErrors.Type("not enough arguments for format string");
            }

            text.Append(One(kind, values[next++], decimals));
        }

        // A single map may be there for names, which this form does not have.
        return next < values.Length && !(values.Length == 1 && values[0].Kind == TemplateKind.Map)
            ? throw TemplateErrors.Type("not all arguments converted during string formatting")
            : text.ToValue(format.IsMarkup);
    }

    private static TemplateValue One(char kind, TemplateValue value, int decimals)
    {
        if (kind is 's')
        {
            return TemplateRepr.Display(value);
        }

        if (kind is 'r')
        {
            return TemplateRepr.Repr(value);
        }

        if (kind is not ('d' or 'i' or 'x' or 'f'))
        {
            throw TemplateErrors.Limit($"formats with %{kind}");
        }

        if (!value.IsNumber)
        {
            throw TemplateErrors.Type($"%{kind} format: a real number is required, not {value.TypeName}");
        }

        return kind switch
        {
            'f' => value.Number.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            'x' => value.Integer < 0 ? "-" + (-(Int128)value.Integer).ToString("x", CultureInfo.InvariantCulture) : value.Integer.ToString("x", CultureInfo.InvariantCulture),
            _ => value.IsInteger ? value.Integer.ToString(CultureInfo.InvariantCulture) : ((Int128)value.Number).ToString(CultureInfo.InvariantCulture),
        };
    }
}
