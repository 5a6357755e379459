namespace ModelPack.Templates;

public abstract partial class ChatTemplate
{
    /// <summary>Filters on lists and maps.</summary>
    public static partial class Filters
    {
        public static TemplateValue List(TemplateValue value, TemplateArguments arguments = default) => TemplateValue.ListOf(value.Items());

        public static TemplateValue First(TemplateValue value, TemplateArguments arguments = default) =>
            value.Items() is [var first, ..] ? first : TemplateValue.Undefined("No first item, sequence was empty.");

        public static TemplateValue Last(TemplateValue value, TemplateArguments arguments = default) =>
            value.Items() is [.., var last] ? last : TemplateValue.Undefined("No last item, sequence was empty.");

        public static TemplateValue Reverse(TemplateValue value, TemplateArguments arguments = default) =>
            value.IsString ? value.Slice(TemplateValue.None, TemplateValue.None, -1) : TemplateValue.ListOf(TextSlices.Slice(value.Items(), TemplateValue.None, TemplateValue.None, -1));

        public static TemplateValue Join(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("join", "d", "attribute");
            var separator = TemplateRepr.Display(a.Or(0, ""));
            var text = new TemplateText();
            var items = value.Items();
            for (var i = 0; i < items.Length; i++)
            {
                text.Append(i > 0 ? separator : "").Append(TemplateRepr.Display(Key(items[i], a.Or(1, TemplateValue.None))));
            }

            return text.ToValue();
        }

        public static TemplateValue Items(TemplateValue value, TemplateArguments arguments = default) => value.Kind switch
        {
            TemplateKind.Undefined => TemplateValue.EmptyList,
            TemplateKind.Map => ContainerMethods.Items(value.Entries),
            _ => throw TemplateErrors.Type("Can only get item pairs from a mapping."),
        };

        public static TemplateValue Dictsort(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("dictsort", "case_sensitive", "by", "reverse");
            var by = a.Or(1, "key");
            var position = by == "key" ? 0 : by == "value" ? 1 : throw TemplateErrors.Failed("FilterArgumentError: You can only sort by either \"key\" or \"value\"");
            var pairs = value.Invoke("items").Sequence;
            return Sorted(pairs, pair => CaseKey(pair.Sequence[position], a[0]), a[2].IsTrue);
        }

        public static TemplateValue Sort(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("sort", "reverse", "case_sensitive", "attribute");
            return Sorted(value.Items(), item => CaseKey(Key(item, a.Or(2, TemplateValue.None)), a[1]), a[0].IsTrue);
        }

        public static TemplateValue Min(TemplateValue value, TemplateArguments arguments = default) => Extreme(value, arguments.Bind("min", "case_sensitive", "attribute"), -1);

        public static TemplateValue Max(TemplateValue value, TemplateArguments arguments = default) => Extreme(value, arguments.Bind("max", "case_sensitive", "attribute"), 1);

        public static TemplateValue Sum(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("sum", "attribute", "start");
            var sum = a.Or(1, 0);
            foreach (var item in value.Items())
            {
                sum += Key(item, a.Or(0, TemplateValue.None));
            }

            return sum;
        }

        public static TemplateValue Unique(TemplateValue value, TemplateArguments arguments = default)
        {
            var a = arguments.Bind("unique", "case_sensitive", "attribute");
            var seen = new HashSet<TemplateValue>();
            return Kept(value, item => seen.Add(CaseKey(Key(item, a.Or(1, TemplateValue.None)), a[0])));
        }

        public static TemplateValue Map(TemplateValue value, TemplateArguments arguments = default)
        {
            Func<TemplateValue, TemplateValue> change;
            if (arguments.Positional is [{ Kind: TemplateKind.Function, Callable.Function: { } filter }, .. var rest])
            {
                var more = new TemplateArguments(rest.ToArray(), arguments.Named.ToArray());
                change = item => filter(item, more);
            }
            else
            {
                var a = arguments.Bind("map", "attribute", "default");
                var attribute = a.Required(0);
                change = item => Key(item, attribute) is { IsUndefined: true } && a.Has(1) ? a[1] : Key(item, attribute);
            }

            var items = value.Items();
            TemplateBudget.Spend(items.Length);
            return TemplateValue.ListOf(Array.ConvertAll(items, item => change(item)));
        }

        public static TemplateValue Select(TemplateValue value, TemplateArguments arguments = default)
        {
            var test = Test(arguments, 0);
            return Kept(value, item => test(item).IsTrue);
        }

        public static TemplateValue Reject(TemplateValue value, TemplateArguments arguments = default)
        {
            var test = Test(arguments, 0);
            return Kept(value, item => !test(item).IsTrue);
        }

        public static TemplateValue Selectattr(TemplateValue value, TemplateArguments arguments = default)
        {
            var (attribute, test) = (AttributeOf(arguments), Test(arguments, 1));
            return Kept(value, item => test(Key(item, attribute)).IsTrue);
        }

        public static TemplateValue Rejectattr(TemplateValue value, TemplateArguments arguments = default)
        {
            var (attribute, test) = (AttributeOf(arguments), Test(arguments, 1));
            return Kept(value, item => !test(Key(item, attribute)).IsTrue);
        }

        private static TemplateValue AttributeOf(TemplateArguments arguments) =>
            arguments.Positional is [var attribute, ..] ? attribute : throw TemplateErrors.Failed("FilterArgumentError: Missing parameter for attribute name");

        /// <summary>The test among the arguments; without one, truth.</summary>
        private static Func<TemplateValue, TemplateValue> Test(TemplateArguments arguments, int index)
        {
            if (arguments.Positional.Length <= index)
            {
                return item => item;
            }

            var test = arguments.Positional[index] is { Kind: TemplateKind.Function, Callable.Function: { } function }
                ? function
                : throw TemplateErrors.Type("the name of a test is expected");
            var rest = new TemplateArguments(arguments.Positional[(index + 1)..].ToArray(), arguments.Named.ToArray());
            return item => test(item, rest);
        }

        private static TemplateValue Kept(TemplateValue value, Func<TemplateValue, bool> keep)
        {
            var items = value.Items();
            TemplateBudget.Spend(items.Length);
            return TemplateValue.ListOf(Array.FindAll(items, item => keep(item)));
        }

        /// <summary>A dotted attribute of an item; the item itself where none is asked for.</summary>
        private static TemplateValue Key(TemplateValue item, TemplateValue attribute)
        {
            if (attribute.Kind == TemplateKind.None)
            {
                return item;
            }

            if (!attribute.IsString)
            {
                return item[attribute];
            }

            foreach (var part in attribute.Text.Split('.'))
            {
                item = int.TryParse(part, out var index) ? item[index] : item[part];
            }

            return item;
        }

        private static TemplateValue CaseKey(TemplateValue value, TemplateValue caseSensitive) =>
            value.IsString && !caseSensitive.IsTrue ? LetterCase.Apply(value, "lower") : value;

        /// <summary>Stable, as Python's is, the other way round too.</summary>
        private static TemplateValue Sorted(TemplateValue[] items, Func<TemplateValue, TemplateValue> key, bool reverse)
        {
            TemplateBudget.Spend(items.Length * TemplateBudget.Step);
            var order = Comparer<TemplateValue>.Create((left, right) => TemplateOrder.Compare(left, right, "<"));
            try
            {
                return TemplateValue.ListOf([.. reverse ? items.Reverse().OrderBy(key, order).Reverse() : items.OrderBy(key, order)]);
            }
            catch (InvalidOperationException e) when (e.InnerException is ModelPackException cause)
            {
                throw cause;
            }
        }

        private static TemplateValue Extreme(TemplateValue value, BoundArguments a, int sign)
        {
            TemplateValue? best = null;
            foreach (var item in value.Items())
            {
                TemplateValue KeyOf(TemplateValue v) => CaseKey(Key(v, a.Or(1, TemplateValue.None)), a[0]);
                best = best is not { } b || TemplateOrder.Compare(KeyOf(item), KeyOf(b), sign > 0 ? ">" : "<") == sign ? item : b;
            }

            return best ?? TemplateValue.Undefined("No aggregated item, sequence was empty.");
        }
    }
}
