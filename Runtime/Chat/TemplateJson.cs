using System.Globalization;
using System.Text;

namespace ModelPack.Templates;

/// <summary>Values as JSON, the way Hugging Face's <c>tojson</c> does it: Python's json.dumps, characters beyond ASCII as they are, keys in their order.</summary>
internal sealed class TemplateJson
{
    private readonly TemplateText _text = new();
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly bool _ascii;
    private readonly bool _sorted;

    private TemplateJson(bool ascii, string? indent, string itemSeparator, string keySeparator, bool sorted) =>
        (_ascii, _indent, _itemSeparator, _keySeparator, _sorted) = (ascii, indent, itemSeparator, keySeparator, sorted);

    /// <summary>JSON on one line, with a blank behind commas and colons.</summary>
    public static TemplateValue Write(TemplateValue value) => Write(value, false, null, ", ", ": ", false);

    /// <param name="value">What is written.</param>
    /// <param name="ascii">Whether characters beyond ASCII are escaped.</param>
    /// <param name="indent">What a level is indented by; null: all on one line.</param>
    /// <param name="itemSeparator">Between items.</param>
    /// <param name="keySeparator">Between key and value.</param>
    /// <param name="sorted">Keys in alphabetical order.</param>
    /// <exception cref="ModelPackException">MP5304: a value that JSON does not have.</exception>
    public static TemplateValue Write(TemplateValue value, bool ascii, string? indent, string itemSeparator, string keySeparator, bool sorted)
    {
        var writer = new TemplateJson(ascii, indent, itemSeparator, keySeparator, sorted);
        writer.Append(value, 0);
        return writer._text.ToValue();
    }

    private void Append(TemplateValue value, int depth)
    {
        TemplateOrder.CheckDepth(depth);
        switch (value.Kind)
        {
            case TemplateKind.String:
                AppendString(value);
                break;
            case TemplateKind.List or TemplateKind.Tuple:
                AppendList(value.Sequence, depth);
                break;
            case TemplateKind.Map:
                AppendMap(value.Entries, depth);
                break;
            default:
                _text.Append(Scalar(value));
                break;
        }
    }

    private static string Scalar(TemplateValue value) => value.Kind switch
    {
        TemplateKind.None => "null",
        TemplateKind.Boolean => value.IsTrue ? "true" : "false",
        TemplateKind.Integer => value.Integer.ToString(CultureInfo.InvariantCulture),
        TemplateKind.Float => double.IsFinite(value.Number) ? TemplateRepr.Float(value.Number) : double.IsNaN(value.Number) ? "NaN" : value.Number > 0 ? "Infinity" : "-Infinity",
        _ => throw TemplateErrors.Type($"Object of type {value.TypeName} is not JSON serializable"),
    };

    private void AppendList(TemplateValue[] items, int depth)
    {
        _text.Append("[");
        for (var i = 0; i < items.Length; i++)
        {
            _text.Append(i > 0 ? _itemSeparator : "");
            NewLine(depth + 1);
            Append(items[i], depth + 1);
        }

        Close(items.Length, depth, "]");
    }

    private void AppendMap(TemplateMap map, int depth)
    {
        _text.Append("{");
        var entries = map.Entries;
        if (_sorted)
        {
            entries = entries.Order(Comparer<KeyValuePair<TemplateValue, TemplateValue>>.Create((a, b) => TemplateOrder.Compare(a.Key, b.Key, "<")));
        }

        var first = true;
        foreach (var (key, value) in entries)
        {
            _text.Append(first ? "" : _itemSeparator);
            first = false;
            NewLine(depth + 1);
            AppendString(key.IsString ? key : Scalar(key));
            _text.Append(_keySeparator);
            Append(value, depth + 1);
        }

        Close(map.Count, depth, "}");
    }

    private void Close(int count, int depth, string bracket)
    {
        if (count > 0)
        {
            NewLine(depth);
        }

        _text.Append(bracket);
    }

    private void NewLine(int depth)
    {
        if (_indent is null)
        {
            return;
        }

        _text.Append("\n");
        for (var i = 0; i < depth; i++)
        {
            _text.Append(_indent);
        }
    }

    /// <summary>Characters that need no escape keep what is known of them.</summary>
    private void AppendString(TemplateValue value)
    {
        _text.Append("\"");
        var text = value.Text;
        var isLiteral = value.Literal.Length > 0;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (Escape(text[i]) is { } escape)
            {
                _text.Append(value, start, i - start).Append(escape, isLiteral);
                start = i + 1;
            }
        }

        _text.Append(value, start, text.Length - start).Append("\"");
    }

    private string? Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        < ' ' => Unicode(c),
        > '~' when _ascii => Unicode(c),
        _ => null,
    };

    private static string Unicode(char c) => new StringBuilder("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)).ToString();
}
