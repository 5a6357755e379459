namespace ModelPack.Templates;

/// <summary>Python's string methods. What is cut from a string, or put together of strings, keeps what is known of its characters.</summary>
internal static class StringMethods
{
    public static bool TryInvoke(TemplateValue self, string method, TemplateArguments arguments, out TemplateValue result)
    {
        TemplateBudget.Spend(self.Text.Length);
        result = method switch
        {
            "strip" or "lstrip" or "rstrip" => Strip(self, method, arguments.Bind(method, "chars")),
            "split" or "rsplit" => Split(self, method, arguments.Bind(method, "sep", "maxsplit")),
            "splitlines" => SplitLines(self, arguments.Bind(method, "keepends")),
            "partition" or "rpartition" => Partition(self, method == "partition", arguments.Bind(method, "sep")),
            "replace" => Replace(self, arguments.Bind(method, "old", "new", "count")),
            "join" => Join(self, arguments.Bind(method, "iterable")),
            "startswith" or "endswith" => StartsOrEnds(self, method, arguments.Bind(method, "prefix", "start", "end")),
            "removeprefix" or "removesuffix" => Remove(self, method, arguments.Bind(method, "prefix")),
            "find" or "rfind" or "index" or "rindex" or "count" => Find(self, method, arguments.Bind(method, "sub", "start", "end")),
            "upper" or "lower" or "casefold" or "title" or "capitalize" or "swapcase" => NoArguments(arguments, method, () => LetterCase.Apply(self, method)),
            "center" or "ljust" or "rjust" => Pad(self, method, arguments.Bind(method, "width", "fillchar")),
            "zfill" => ZeroFill(self, arguments.Bind(method, "width")),
            "isalpha" or "isdigit" or "isdecimal" or "isnumeric" or "isalnum" or "isspace" or "isascii" or "isupper" or "islower" =>
                NoArguments(arguments, method, () => LetterCase.Is(self.Text, method)),
            _ => TemplateValue.Undefined(""),
        };
        return !result.IsUndefined;
    }

    /// <summary>Python's white space: C#'s, and the four separators of ASCII.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary>Without white space, or without the characters of <paramref name="characters"/>, at the ends that are wanted.</summary>
    public static TemplateValue Strip(TemplateValue self, string? characters, bool left, bool right)
    {
        var text = self.Text;
        var (start, end) = (0, text.Length);
        bool Goes(char c) => characters is null ? IsSpace(c) : characters.Contains(c, StringComparison.Ordinal);
        while (left && start < end && Goes(text[start]))
        {
            start++;
        }

        while (right && end > start && Goes(text[end - 1]))
        {
            end--;
        }

        return TextSlices.Cut(self, start, end - start);
    }

    /// <summary>With every <paramref name="old"/> replaced, <paramref name="most"/> times at most (negative: all).</summary>
    public static TemplateValue Replace(TemplateValue self, string old, TemplateValue replacement, int most)
    {
        var text = self.Text;
        var result = new TemplateText();
        var at = 0;
        for (var count = 0; count != most; count++)
        {
            // An empty text is found before every character and at the end.
            var next = old.Length > 0 ? text.IndexOf(old, at, StringComparison.Ordinal) : count == 0 ? 0 : at + 1;
            if (next < 0 || next > text.Length)
            {
                break;
            }

            result.Append(self, at, next - at).Append(replacement);
            at = next + old.Length;
        }

        return result.Append(self, at, text.Length - at).ToValue(self.IsMarkup);
    }

    private static TemplateValue NoArguments(TemplateArguments arguments, string method, Func<TemplateValue> result)
    {
        arguments.Bind(method);
        return result();
    }

    private static TemplateValue Strip(TemplateValue self, string method, BoundArguments a) =>
        Strip(self, a.Or(0, TemplateValue.None).Kind == TemplateKind.None ? null : a.RequiredText(0), method != "rstrip", method != "lstrip");

    private static TemplateValue Split(TemplateValue self, string method, BoundArguments a)
    {
        var most = a.IntegerOr(1, -1);
        most = most < 0 ? int.MaxValue : most;
        var onSpace = a.Or(0, TemplateValue.None).Kind == TemplateKind.None;
        var separator = onSpace ? "" : a.RequiredText(0);
        if (!onSpace && separator.Length == 0)
        {
            throw TemplateErrors.Value("empty separator");
        }

        var parts = new List<TemplateValue>();
        if (method == "split")
        {
            SplitForward(self, separator, most, parts);
        }
        else
        {
            SplitBackward(self, separator, most, parts);
            parts.Reverse();
        }

        return TemplateValue.ListOf([.. parts]);
    }

    /// <summary>An empty separator means runs of white space here, and no empty parts.</summary>
    private static void SplitForward(TemplateValue self, string separator, int most, List<TemplateValue> parts)
    {
        var text = self.Text;
        var at = 0;
        while (separator.Length == 0)
        {
            while (at < text.Length && IsSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                return;
            }

            if (parts.Count == most)
            {
                parts.Add(TextSlices.Cut(self, at, text.Length - at));
                return;
            }

            var start = at;
            while (at < text.Length && !IsSpace(text[at]))
            {
                at++;
            }

            parts.Add(TextSlices.Cut(self, start, at - start));
        }

        for (int next; parts.Count < most && (next = text.IndexOf(separator, at, StringComparison.Ordinal)) >= 0; at = next + separator.Length)
        {
            parts.Add(TextSlices.Cut(self, at, next - at));
        }

        parts.Add(TextSlices.Cut(self, at, text.Length - at));
    }

    private static void SplitBackward(TemplateValue self, string separator, int most, List<TemplateValue> parts)
    {
        var text = self.Text;
        var end = text.Length;
        while (separator.Length == 0)
        {
            while (end > 0 && IsSpace(text[end - 1]))
            {
                end--;
            }

            if (end == 0)
            {
                return;
            }

            if (parts.Count == most)
            {
                parts.Add(TextSlices.Cut(self, 0, end));
                return;
            }

            var stop = end;
            while (end > 0 && !IsSpace(text[end - 1]))
            {
                end--;
            }

            parts.Add(TextSlices.Cut(self, end, stop - end));
        }

        for (int last; parts.Count < most && (last = text.AsSpan(0, end).LastIndexOf(separator)) >= 0; end = last)
        {
            parts.Add(TextSlices.Cut(self, last + separator.Length, end - last - separator.Length));
        }

        parts.Add(TextSlices.Cut(self, 0, end));
    }

    private static TemplateValue SplitLines(TemplateValue self, BoundArguments a)
    {
        var text = self.Text;
        var keep = a[0].IsTrue;
        var parts = new List<TemplateValue>();
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && text[end] is not ('\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029'))
            {
                end++;
            }

            var next = end == text.Length ? end : end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1);
            parts.Add(TextSlices.Cut(self, at, (keep ? next : end) - at));
            at = next;
        }

        return TemplateValue.ListOf([.. parts]);
    }

    private static TemplateValue Partition(TemplateValue self, bool first, BoundArguments a)
    {
        var (text, separator) = (self.Text, a.RequiredText(0));
        if (separator.Length == 0)
        {
            throw TemplateErrors.Value("empty separator");
        }

        var at = first ? text.IndexOf(separator, StringComparison.Ordinal) : text.LastIndexOf(separator, StringComparison.Ordinal);
        if (at < 0)
        {
            return first ? TemplateValue.TupleOf(self, "", "") : TemplateValue.TupleOf("", "", self);
        }

        var behind = at + separator.Length;
        return TemplateValue.TupleOf(TextSlices.Cut(self, 0, at), a[0], TextSlices.Cut(self, behind, text.Length - behind));
    }

    private static TemplateValue Replace(TemplateValue self, BoundArguments a)
    {
        _ = a.RequiredText(1);
        return Replace(self, a.RequiredText(0), self.IsMarkup ? TemplateRepr.Escape(a[1]) : a[1], a.IntegerOr(2, -1));
    }

    private static TemplateValue Join(TemplateValue self, BoundArguments a)
    {
        var text = new TemplateText();
        var items = a.Required(0).Items();
        for (var i = 0; i < items.Length; i++)
        {
            if (!items[i].IsString)
            {
                throw TemplateErrors.Type($"sequence item {i}: expected str instance, {items[i].TypeName} found");
            }

            if (i > 0)
            {
                text.Append(self);
            }

            text.Append(self.IsMarkup ? TemplateRepr.Escape(items[i]) : items[i]);
        }

        return text.ToValue(self.IsMarkup);
    }

    private static TemplateValue StartsOrEnds(TemplateValue self, string method, BoundArguments a)
    {
        var text = Window(self, a);
        var wanted = a.Required(0);
        foreach (var candidate in wanted.Kind == TemplateKind.Tuple ? wanted.Sequence : [wanted])
        {
            if (!candidate.IsString)
            {
                throw TemplateErrors.Type($"{method} first arg must be str or a tuple of str, not {candidate.TypeName}");
            }

            if (method == "startswith" ? text.StartsWith(candidate.Text, StringComparison.Ordinal) : text.EndsWith(candidate.Text, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static string Window(TemplateValue self, BoundArguments a) =>
        a.Has(1) || a.Has(2) ? TextSlices.Slice(self, a.Or(1, TemplateValue.None), a.Or(2, TemplateValue.None), TemplateValue.None).Text : self.Text;

    private static TemplateValue Remove(TemplateValue self, string method, BoundArguments a)
    {
        var (text, part) = (self.Text, a.RequiredText(0));
        return method == "removeprefix"
            ? text.StartsWith(part, StringComparison.Ordinal) ? TextSlices.Cut(self, part.Length, text.Length - part.Length) : self
            : text.EndsWith(part, StringComparison.Ordinal) ? TextSlices.Cut(self, 0, text.Length - part.Length) : self;
    }

    private static TemplateValue Find(TemplateValue self, string method, BoundArguments a)
    {
        var wanted = a.RequiredText(0);
        if (method == "count")
        {
            var text = Window(self, a);
            return wanted.Length == 0 ? TextSlices.Length(text) + 1 : text.AsSpan().Count(wanted);
        }

        if (a.Has(1) || a.Has(2))
        {
            throw TemplateErrors.Limit($"calls {method} with bounds");
        }

        var at = method[0] == 'r' ? self.Text.LastIndexOf(wanted, StringComparison.Ordinal) : self.Text.IndexOf(wanted, StringComparison.Ordinal);
        return at >= 0 ? TextSlices.Length(self.Text[..at])
            : method is "find" or "rfind" ? -1
            : throw TemplateErrors.Value("substring not found");
    }

    private static TemplateValue Pad(TemplateValue self, string method, BoundArguments a)
    {
        var missing = Math.Max(0, a.IntegerOr(0, 0) - TextSlices.Length(self.Text));
        var fill = a.Or(1, " ");
        if (!fill.IsString || TextSlices.Length(fill.Text) != 1)
        {
            throw TemplateErrors.Type("The fill character must be exactly one character long");
        }

        // Python puts the odd one to the left where the width is odd.
        var left = method == "rjust" ? missing : method == "ljust" ? 0 : (missing / 2) + (missing & a.IntegerOr(0, 0) & 1);
        return new TemplateText().Append(TemplateNumbers.Repeat(fill, left)).Append(self).Append(TemplateNumbers.Repeat(fill, missing - left)).ToValue(self.IsMarkup);
    }

    private static TemplateValue ZeroFill(TemplateValue self, BoundArguments a)
    {
        var missing = Math.Max(0, a.IntegerOr(0, 0) - TextSlices.Length(self.Text));
        var sign = self.Text is ['+' or '-', ..] ? 1 : 0;
        return new TemplateText().Append(self, 0, sign).Append(TemplateNumbers.Repeat("0", missing)).Append(self, sign, self.Text.Length - sign).ToValue(self.IsMarkup);
    }
}
