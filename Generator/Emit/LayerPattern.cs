using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelPack.Generator.Emit;

/// <summary>How what belongs to layers in turn is said in one line.</summary>
internal static class LayerPattern
{
    /// <summary>
    /// <c>blk.0.attn_q.weight, blk.1.attn_q.weight …</c> → <c>blk.{i}.attn_q.weight</c>; the first name and an ellipsis where the names differ in more than the number.
    /// </summary>
    public static string Name(IReadOnlyList<string> names)
    {
        if (names.Count == 1)
        {
            return names[0];
        }

        var first = names[0];
        for (var start = 0; start < first.Length; start++)
        {
            var end = start;
            while (end < first.Length && end - start < 6 && first[end] is >= '0' and <= '9')
            {
                end++;
            }

            if (end > start && (start == 0 || first[start - 1] is < '0' or > '9'))
            {
                string before = first.Substring(0, start), after = first.Substring(end);
                var number = int.Parse(first.Substring(start, end - start), System.Globalization.CultureInfo.InvariantCulture);
                if (names.Select((name, i) => name == before + CSharpText.Integer(number + i) + after).All(equal => equal))
                {
                    return before + (number == 0 ? "{i}" : "{" + CSharpText.Integer(number) + " + i}") + after;
                }
            }
        }

        return first + " …";
    }

    /// <summary>The index as a function of <paramref name="variable"/>, for example <c>1 + 9 * layer</c>; null where it is not linear.</summary>
    public static string? Linear(IReadOnlyList<int> indices, string variable)
    {
        if (indices.Count == 1)
        {
            return indices[0] < 0 ? null : CSharpText.Integer(indices[0]);
        }

        var step = indices[1] - indices[0];
        for (var i = 1; i < indices.Count; i++)
        {
            if (indices[i] - indices[i - 1] != step)
            {
                return null;
            }
        }

        if (step <= 0 || indices[0] < 0)
        {
            return null;
        }

        var product = step == 1 ? variable : $"{CSharpText.Integer(step)} * {variable}";
        return indices[0] == 0 ? product : $"{CSharpText.Integer(indices[0])} + {product}";
    }

    /// <summary><c>[0, 9, 18]</c>.</summary>
    public static string Table(IEnumerable<int> indices) => "[" + string.Join(", ", indices.Select(i => CSharpText.Integer(i))) + "]";

    /// <summary>What all <paramref name="texts"/> have in common: the text itself, or the different ones with "or" between them, three at most.</summary>
    public static string OneOf(IEnumerable<string> texts)
    {
        var different = texts.Distinct(StringComparer.Ordinal).ToArray();
        return string.Join(" or ", different.Take(3)) + (different.Length > 3 ? " …" : "");
    }
}
