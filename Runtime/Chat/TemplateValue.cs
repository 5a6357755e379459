using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace ModelPack.Templates;

/// <summary>The kinds of <see cref="TemplateValue"/>, after Python's types.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum TemplateKind : byte
{
    /// <summary>What a name, an attribute or an item is that does not exist.</summary>
    Undefined,
    None,
    Boolean,
    Integer,
    Float,
    String,
    List,
    Tuple,
    Map,
    Namespace,

    /// <summary>A macro, or a function of the environment.</summary>
    Function,

    /// <summary>The variable <c>loop</c>.</summary>
    Loop,
}

/// <summary>
/// A value of a chat template, with Python's meaning of operators, truth, text and equality as Jinja2 shows them. Generated templates and the compiler's interpreter
/// compute with these. Lists, tuples and maps are immutable, as they are in the sandbox that Hugging Face runs templates in.
/// </summary>
/// <remarks>
/// C#'s <c>&amp;&amp;</c> and <c>||</c> give one of their operands, as Python's <c>and</c> and <c>or</c> do. A string knows which of its characters came from messages
/// (<see cref="MarkedText"/>), so that control tokens in them are not taken for the template's own.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly partial struct TemplateValue : IEquatable<TemplateValue>
{
    /// <summary>Most levels of lists and maps inside each other, and of macros that call each other.</summary>
    internal const int MaxDepth = 100;

    private readonly object? _data;

    /// <summary>The integer, the bits of the float, 0 or 1.</summary>
    private readonly long _bits;

    private TemplateValue(TemplateKind kind, object? data, long bits = 0)
    {
        Kind = kind;
        _data = data;
        _bits = bits;
    }

    public TemplateKind Kind { get; }

    public static TemplateValue None => new(TemplateKind.None, null);

    internal static TemplateValue True => true;

    internal static TemplateValue EmptyList { get; } = new(TemplateKind.List, Array.Empty<TemplateValue>());

    internal bool IsUndefined => Kind == TemplateKind.Undefined;

    internal bool IsString => Kind == TemplateKind.String;

    /// <summary>An integer or a truth value, which Python counts among the integers.</summary>
    internal bool IsInteger => Kind is TemplateKind.Integer or TemplateKind.Boolean;

    internal bool IsNumber => Kind is TemplateKind.Integer or TemplateKind.Boolean or TemplateKind.Float;

    internal bool IsSequence => Kind is TemplateKind.List or TemplateKind.Tuple;

    internal long Integer => _bits;

    internal double Number => Kind == TemplateKind.Float ? BitConverter.Int64BitsToDouble(_bits) : _bits;

    /// <summary>The characters of a string.</summary>
    internal string Text => _data as string ?? Unsafe.As<MarkedText>(_data!).Text;

    /// <summary>Spans of a string that came from messages: start and end in turn, ascending.</summary>
    internal ReadOnlySpan<int> Literal => _data is MarkedText marked ? marked.Literal : default;

    /// <summary>Whether a string is what Jinja2 calls Markup: it escapes what is added to it.</summary>
    internal bool IsMarkup => _data is MarkedText { IsMarkup: true };

    /// <summary>The items of a list or tuple.</summary>
    internal TemplateValue[] Sequence => Unsafe.As<TemplateValue[]>(_data!);

    /// <summary>The entries of a map or namespace.</summary>
    internal TemplateMap Entries => Unsafe.As<TemplateMap>(_data!);

    internal TemplateCallable Callable => Unsafe.As<TemplateCallable>(_data!);

    internal TemplateLoop LoopState => Unsafe.As<TemplateLoop>(_data!);

    /// <summary>Why an undefined value is none, in Jinja2's words.</summary>
    internal string Reason => _data as string ?? "the value is undefined";

    public static implicit operator TemplateValue(string text) => new(TemplateKind.String, text);

    public static implicit operator TemplateValue(long value) => new(TemplateKind.Integer, null, value);

    public static implicit operator TemplateValue(int value) => new(TemplateKind.Integer, null, value);

    public static implicit operator TemplateValue(double value) => new(TemplateKind.Float, null, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator TemplateValue(bool value) => new(TemplateKind.Boolean, null, value ? 1 : 0);

    internal static TemplateValue Undefined(string reason) => new(TemplateKind.Undefined, reason);

    internal static TemplateValue Of(MarkedText text) => new(TemplateKind.String, text);

    internal static TemplateValue ListOf(params TemplateValue[] items) => new(TemplateKind.List, items);

    internal static TemplateValue TupleOf(params TemplateValue[] items) => new(TemplateKind.Tuple, items);

    internal static TemplateValue Of(TemplateMap map) => new(TemplateKind.Map, map);

    internal static TemplateValue NamespaceOf(TemplateMap map) => new(TemplateKind.Namespace, map);

    internal static TemplateValue Of(TemplateCallable function) => new(TemplateKind.Function, function);

    internal static TemplateValue Of(TemplateLoop loop) => new(TemplateKind.Loop, loop);

    /// <summary>A string of which every character came from messages.</summary>
    internal static TemplateValue LiteralText(string text) => text.Length == 0 ? text : Of(new MarkedText(text, [0, text.Length], false));

    /// <summary>Python's truth.</summary>
    public bool IsTrue => Kind switch
    {
        TemplateKind.Undefined or TemplateKind.None => false,
        TemplateKind.Boolean or TemplateKind.Integer => _bits != 0,
        TemplateKind.Float => Number != 0,
        TemplateKind.String => Text.Length > 0,
        TemplateKind.List or TemplateKind.Tuple => Sequence.Length > 0,
        TemplateKind.Map => Entries.Count > 0,
        _ => true,
    };

    /// <summary>The name of the type in Python's messages.</summary>
    internal string TypeName => Kind switch
    {
        TemplateKind.None => "NoneType",
        TemplateKind.Boolean => "bool",
        TemplateKind.Integer => "int",
        TemplateKind.Float => "float",
        TemplateKind.String => IsMarkup ? "Markup" : "str",
        TemplateKind.List => "list",
        TemplateKind.Tuple => "tuple",
        TemplateKind.Map => "dict",
        TemplateKind.Namespace => "Namespace",
        TemplateKind.Function => "function",
        TemplateKind.Loop => "LoopContext",
        _ => "Undefined",
    };

    /// <summary>What Jinja2's messages call the value whose attribute is missing.</summary>
    private string ObjectName => Kind switch
    {
        TemplateKind.None => "None",
        TemplateKind.Namespace => "jinja2.utils.Namespace object",
        TemplateKind.Loop => "jinja2.runtime.LoopContext object",
        _ => TypeName + " object",
    };

    /// <summary>The items that a loop sees: of a list its items, of a map its keys, of a string its characters, of what is undefined none.</summary>
    /// <exception cref="ModelPackException">MP5304: the value has no items.</exception>
    internal TemplateValue[] Items()
    {
        switch (Kind)
        {
            case TemplateKind.Undefined:
                return [];
            case TemplateKind.List or TemplateKind.Tuple:
                return Sequence;
            case TemplateKind.Map:
                TemplateBudget.Spend(Entries.Count);
                return [.. Entries.Keys];
            case TemplateKind.String:
                return TextSlices.Characters(this);
            default:
                throw TemplateErrors.Type($"'{TypeName}' object is not iterable");
        }
    }

    public override string ToString() => TemplateRepr.Display(this).Text;
}
