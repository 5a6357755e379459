namespace ModelPack.Templates;

/// <summary>Positions in strings and lists as Python counts them: characters are code points, negative positions count from the end.</summary>
internal static class TextSlices
{
    /// <summary>Number of code points.</summary>
    public static int Length(string text)
    {
        var length = 0;
        for (var at = 0; at < text.Length; length++)
        {
            at += Units(text, at);
        }

        return length;
    }

    /// <summary>The code points of a string value as strings.</summary>
    public static TemplateValue[] Characters(TemplateValue text)
    {
        TemplateBudget.Spend(text.Text.Length);
        var starts = Starts(text.Text);
        var characters = new TemplateValue[starts.Length - 1];
        for (var i = 0; i < characters.Length; i++)
        {
            characters[i] = Cut(text, starts[i], starts[i + 1] - starts[i]);
        }

        return characters;
    }

    public static bool TryCharacter(TemplateValue text, long index, out TemplateValue character)
    {
        var starts = Starts(text.Text);
        index = index < 0 ? index + starts.Length - 1 : index;
        var exists = index >= 0 && index < starts.Length - 1;
        character = exists ? Cut(text, starts[index], starts[index + 1] - starts[index]) : default;
        return exists;
    }

    /// <summary>A part of a string value, in UTF-16 units.</summary>
    public static TemplateValue Cut(TemplateValue text, int start, int length) =>
        start == 0 && length == text.Text.Length ? text : new TemplateText().Append(text, start, length).ToValue(text.IsMarkup);

    public static TemplateValue Slice(TemplateValue text, TemplateValue start, TemplateValue stop, TemplateValue step)
    {
        var starts = Starts(text.Text);
        var (first, count, stride) = Bounds(starts.Length - 1, start, stop, step);
        if (stride == 1)
        {
            return count == 0 ? Cut(text, 0, 0) : Cut(text, starts[first], starts[first + count] - starts[first]);
        }

        var slice = new TemplateText();
        for (var i = 0; i < count; i++)
        {
            var at = (int)(first + (i * (long)stride));
            slice.Append(text, starts[at], starts[at + 1] - starts[at]);
        }

        return slice.ToValue(text.IsMarkup);
    }

    public static TemplateValue[] Slice(TemplateValue[] items, TemplateValue start, TemplateValue stop, TemplateValue step)
    {
        var (first, count, stride) = Bounds(items.Length, start, stop, step);
        TemplateBudget.Spend(count);
        var slice = new TemplateValue[count];
        for (var i = 0; i < count; i++)
        {
            slice[i] = items[first + (i * (long)stride)];
        }

        return slice;
    }

    /// <summary>Python's slice.indices: where the slice begins, how many items it has, and how far they are apart.</summary>
    private static (int First, int Count, int Stride) Bounds(int length, TemplateValue start, TemplateValue stop, TemplateValue step)
    {
        var stride = Bound(step, 1, int.MinValue, int.MaxValue, 0);
        if (stride == 0)
        {
            throw TemplateErrors.Value("slice step cannot be zero");
        }

        var (low, high) = stride > 0 ? (0, length) : (-1, length - 1);
        var first = Bound(start, stride > 0 ? low : high, low, high, length);
        var last = Bound(stop, stride > 0 ? high : low, low, high, length);
        var span = stride > 0 ? (long)last - first : (long)first - last;
        var size = Math.Abs((long)stride);
        return (first, span <= 0 ? 0 : (int)((span + size - 1) / size), stride);
    }

    private static int Bound(TemplateValue value, int otherwise, int low, int high, int length)
    {
        if (value.Kind == TemplateKind.None)
        {
            return otherwise;
        }

        if (!value.IsInteger)
        {
            throw TemplateErrors.Type("slice indices must be integers or None or have an __index__ method");
        }

        var at = value.Integer < 0 && length > 0 ? value.Integer + length : value.Integer;
        return (int)Math.Clamp(at, low, high);
    }

    /// <summary>Where each code point starts, and the end.</summary>
    private static int[] Starts(string text)
    {
        TemplateBudget.Spend(text.Length);
        var starts = new int[Length(text) + 1];
        var at = 0;
        for (var i = 0; i < starts.Length - 1; i++)
        {
            starts[i] = at;
            at += Units(text, at);
        }

        starts[^1] = text.Length;
        return starts;
    }

    /// <summary>UTF-16 units of the code point at <paramref name="at"/>; half a pair is one of its own.</summary>
    private static int Units(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text, at) ? 2 : 1;
}
