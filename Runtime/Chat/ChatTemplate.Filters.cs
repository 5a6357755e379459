using System.ComponentModel;
using System.Globalization;

namespace ModelPack.Templates;

public abstract partial class ChatTemplate
{
    /// <summary>Jinja2's filters on one value: <c>value | trim</c>. Named as in templates, first letter upper case.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static partial class Filters
    {
        public static TemplateValue Trim(TemplateValue value, TemplateArguments arguments = default) => Method(TemplateRepr.Display(value), "strip", arguments);

        public static TemplateValue Upper(TemplateValue value, TemplateArguments arguments = default) => Method(TemplateRepr.Display(value), "upper", arguments);

        public static TemplateValue Lower(TemplateValue value, TemplateArguments arguments = default) => Method(TemplateRepr.Display(value), "lower", arguments);

        public static TemplateValue Capitalize(TemplateValue value, TemplateArguments arguments = default) => Method(TemplateRepr.Display(value), "capitalize", arguments);

        public static TemplateValue Title(TemplateValue value, TemplateArguments arguments = default) => Method(TemplateRepr.Display(value), "title", arguments);

        public static TemplateValue Center(TemplateValue value, TemplateArguments arguments = default) =>
            Method(TemplateRepr.Display(value), "center", new([arguments.Bind("center", "width").Or(0, 80)]));

        public static TemplateValue String(TemplateValue value, TemplateArguments arguments = default) => TemplateRepr.Display(value);

        public static TemplateValue Safe(TemplateValue value, TemplateArguments arguments = default)
        {
            var text = TemplateRepr.Display(value);
            return TemplateValue.Of(new MarkedText(text.Text, text.Literal.ToArray(), IsMarkup: true));
        }

        public static TemplateValue Escape(TemplateValue value, TemplateArguments arguments = default) => TemplateRepr.Escape(TemplateRepr.Display(value));

        public static TemplateValue Replace(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("replace", "old", "new", "count");
            var most = a.Or(2, TemplateValue.None).Kind == TemplateKind.None ? -1 : a.IntegerOr(2, -1);
            return StringMethods.Replace(TemplateRepr.Display(value), TemplateRepr.Display(a.Required(0)).Text, TemplateRepr.Display(a.Required(1)), most);
        }

        public static TemplateValue Indent(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("indent", "width", "first", "blank");
            var width = a.Or(0, 4);
            var indent = width.IsString ? width : TemplateNumbers.Repeat(" ", a.IntegerOr(0, 4));
            var lines = (TemplateRepr.Display(value) + "\n").Invoke("splitlines").Sequence;
            var text = new TemplateText();
            for (var i = 0; i < lines.Length; i++)
            {
                text.Append(i > 0 ? "\n" : "");
                if (i == 0 ? a[1].IsTrue : a[2].IsTrue || lines[i].IsTrue)
                {
                    text.Append(indent);
                }

                text.Append(lines[i]);
            }

            return text.ToValue();
        }

        public static TemplateValue Format(TemplateValue value, TemplateArguments arguments = default) =>
            PercentFormat.Apply(TemplateRepr.Display(value), arguments.Positional);

        public static TemplateValue Default(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("default", "default_value", "boolean");
            return value.IsUndefined || (a[1].IsTrue && !value.IsTrue) ? a.Or(0, "") : value;
        }

        public static TemplateValue Length(TemplateValue value, TemplateArguments arguments = default) => value.Kind switch
        {
            TemplateKind.Undefined => 0,
            TemplateKind.String => TextSlices.Length(value.Text),
            TemplateKind.List or TemplateKind.Tuple => value.Sequence.Length,
            TemplateKind.Map => value.Entries.Count,
            TemplateKind.Loop => value.LoopState.Length,
            _ => throw TemplateErrors.Type($"object of type '{value.TypeName}' has no len()"),
        };

        public static TemplateValue Abs(TemplateValue value, TemplateArguments arguments = default) =>
            value.IsNumber ? (value < 0 ? -value : +value)
            : throw (value.IsUndefined ? TemplateErrors.Undefined(value) : TemplateErrors.Type($"bad operand type for abs(): '{value.TypeName}'"));

        public static TemplateValue Int(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("int", "default");
            if (value.IsInteger)
            {
                return value.Integer;
            }

            var text = value.IsString ? value.Text.Trim() : "";
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            {
                return whole;
            }

            var number = value.Kind == TemplateKind.Float ? value.Number
                : double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var parsed) ? parsed
                : double.NaN;
            return Math.Abs(number) < 9e18 ? (long)number : a.Or(0, 0);
        }

        public static TemplateValue Float(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("float", "default");
            return value.IsNumber ? value.Number
                : value.IsString && double.TryParse(
                    value.Text.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) ? number
                : a.Or(0, 0.0);
        }

        public static TemplateValue Attr(TemplateValue value, TemplateArguments arguments = default)
        {
            var name = arguments.Bind("attr", "name").RequiredText(0);
            // Attributes alone, not items: of maps there are methods only.
            return value.Kind is TemplateKind.Namespace or TemplateKind.Loop || TemplateMethods.Has(value.Kind, name)
                ? value.Get(name)
                : TemplateValue.Undefined($"'{value.TypeName} object' has no attribute '{name}'");
        }

        public static TemplateValue Tojson(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
            var indent = a.Or(1, TemplateValue.None) switch
            {
                { Kind: TemplateKind.None } => null,
                { IsString: true } text => text.Text,
                _ => new string(' ', Math.Clamp(a.IntegerOr(1, 0), 0, 64)),
            };
            var (item, key) = (indent is null ? ", " : ",", ": ");
            if (a.Or(2, TemplateValue.None).Kind != TemplateKind.None)
            {
                (item, key) = a[2].Unpack(2) is [{ IsString: true } first, { IsString: true } second]
                    ? (first.Text, second.Text)
                    : throw TemplateErrors.Type("separators must be a pair of strings");
            }

            return TemplateJson.Write(value, a[0].IsTrue, indent, item, key, a[3].IsTrue);
        }

        private static TemplateValue Method(TemplateValue text, string method, TemplateArguments arguments) => text.Invoke(method, arguments);
    }
}
