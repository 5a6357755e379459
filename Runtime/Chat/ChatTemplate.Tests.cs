using System.ComponentModel;

namespace ModelPack.Templates;

public abstract partial class ChatTemplate
{
    /// <summary>Jinja2's tests: <c>value is defined</c>. Named as in templates, first letter upper case.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static class Tests
    {
        public static TemplateValue Defined(TemplateValue value, TemplateArguments arguments = default) => !value.IsUndefined;

        public static TemplateValue Undefined(TemplateValue value, TemplateArguments arguments = default) => value.IsUndefined;

        public static TemplateValue None(TemplateValue value, TemplateArguments arguments = default) => value.Kind == TemplateKind.None;

        public static TemplateValue Boolean(TemplateValue value, TemplateArguments arguments = default) => value.Kind == TemplateKind.Boolean;

        public static TemplateValue True(TemplateValue value, TemplateArguments arguments = default) => value.Kind == TemplateKind.Boolean && value.IsTrue;

        public static TemplateValue False(TemplateValue value, TemplateArguments arguments = default) => value.Kind == TemplateKind.Boolean && !value.IsTrue;

        public static TemplateValue Integer(TemplateValue value, TemplateArguments arguments = default) => value.Kind == TemplateKind.Integer;

        public static TemplateValue Float(TemplateValue value, TemplateArguments arguments = default) => value.Kind == TemplateKind.Float;

        public static TemplateValue Number(TemplateValue value, TemplateArguments arguments = default) => value.IsNumber;

        public static TemplateValue String(TemplateValue value, TemplateArguments arguments = default) => value.IsString;

        public static TemplateValue Mapping(TemplateValue value, TemplateArguments arguments = default) => value.Kind == TemplateKind.Map;

        public static TemplateValue Sequence(TemplateValue value, TemplateArguments arguments = default) =>
            value.Kind is TemplateKind.String or TemplateKind.List or TemplateKind.Tuple or TemplateKind.Map or TemplateKind.Undefined;

        public static TemplateValue Iterable(TemplateValue value, TemplateArguments arguments = default) =>
            value.Kind is TemplateKind.String or TemplateKind.List or TemplateKind.Tuple or TemplateKind.Map or TemplateKind.Undefined or TemplateKind.Loop;

        public static TemplateValue Callable(TemplateValue value, TemplateArguments arguments = default) => value.Kind is TemplateKind.Function or TemplateKind.Undefined;

        public static TemplateValue Escaped(TemplateValue value, TemplateArguments arguments = default) => value.IsString && value.IsMarkup;

        public static TemplateValue Lower(TemplateValue value, TemplateArguments arguments = default) => LetterCase.Is(TemplateRepr.Display(value).Text, "islower");

        public static TemplateValue Upper(TemplateValue value, TemplateArguments arguments = default) => LetterCase.Is(TemplateRepr.Display(value).Text, "isupper");

        public static TemplateValue Odd(TemplateValue value, TemplateArguments arguments = default) => value % 2 == 1;

        public static TemplateValue Even(TemplateValue value, TemplateArguments arguments = default) => value % 2 == 0;

        public static TemplateValue Divisibleby(TemplateValue value, TemplateArguments arguments = default) => value % Other("divisibleby", arguments) == 0;

        public static TemplateValue Sameas(TemplateValue value, TemplateArguments arguments = default) =>
            Other("sameas", arguments) is var other && value.Kind == other.Kind && value.Equals(other);

        public static TemplateValue In(TemplateValue value, TemplateArguments arguments = default) => value.In(Other("in", arguments));

        public static TemplateValue Eq(TemplateValue value, TemplateArguments arguments = default) => value == Other("eq", arguments);

        public static TemplateValue Ne(TemplateValue value, TemplateArguments arguments = default) => value != Other("ne", arguments);

        public static TemplateValue Lt(TemplateValue value, TemplateArguments arguments = default) => value < Other("lt", arguments);

        public static TemplateValue Le(TemplateValue value, TemplateArguments arguments = default) => value <= Other("le", arguments);

        public static TemplateValue Gt(TemplateValue value, TemplateArguments arguments = default) => value > Other("gt", arguments);

        public static TemplateValue Ge(TemplateValue value, TemplateArguments arguments = default) => value >= Other("ge", arguments);

        private static TemplateValue Other(string test, TemplateArguments arguments) => arguments.Bind(test, "other").Required(0);
    }
}
