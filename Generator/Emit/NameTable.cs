using System.Collections.Generic;
using System.Text;

namespace ModelPack.Generator.Emit;

/// <summary>Unique names in one scope.</summary>
internal sealed class NameTable
{
    private readonly HashSet<string> _taken;

    public NameTable(params string[] reserved) => _taken = [.. reserved];

    /// <summary><paramref name="wanted"/> where it is free, else with a number after it.</summary>
    public string Unique(string wanted)
    {
        var name = wanted;
        for (var i = 2; !_taken.Add(name); i++)
        {
            name = wanted + CSharpText.Integer(i);
        }

        return name;
    }

    /// <summary>Any text as a PascalCase ASCII identifier: <c>token_embd.weight</c> → <c>TokenEmbdWeight</c>.</summary>
    public static string PascalCase(string text)
    {
        var name = new StringBuilder();
        var upper = true;
        foreach (var c in text)
        {
            var isDigit = c is >= '0' and <= '9';
            if (!isDigit && c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z')))
            {
                upper = true;
            }
            else if (name.Length < 80)
            {
                name.Append(isDigit && name.Length == 0 ? "N" : "").Append(upper ? char.ToUpperInvariant(c) : c);
                upper = false;
            }
        }

        return name.Length == 0 ? "Weight" : name.ToString();
    }
}
