using System.ComponentModel;

namespace ModelPack.Templates;

/// <summary>The arguments of a call as they are written: by position, then by name.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct TemplateArguments(TemplateValue[] positional, params (string Name, TemplateValue Value)[] named)
{
    internal ReadOnlySpan<TemplateValue> Positional => positional;

    internal ReadOnlySpan<(string Name, TemplateValue Value)> Named => named;

    /// <summary>Puts each argument in its parameter's place.</summary>
    /// <param name="function">For messages.</param>
    /// <param name="parameters">Names, in order.</param>
    /// <exception cref="ModelPackException">MP5304: too many, or one that the function does not have.</exception>
    internal BoundArguments Bind(string function, params ReadOnlySpan<string> parameters)
    {
        var values = new TemplateValue[parameters.Length];
        var given = 0UL;
        if (Positional.Length > parameters.Length)
        {
            throw TemplateErrors.Type($"{function}() takes at most {parameters.Length} arguments ({Positional.Length} given)");
        }

        for (var i = 0; i < Positional.Length; i++)
        {
            values[i] = positional[i];
            given |= 1UL << i;
        }

        foreach (var (name, value) in Named)
        {
            var index = parameters.IndexOf(name);
            if (index < 0)
            {
                throw TemplateErrors.Type($"{function}() got an unexpected keyword argument '{name}'");
            }

            if ((given & (1UL << index)) != 0)
            {
                throw TemplateErrors.Type($"{function}() got multiple values for argument '{name}'");
            }

            values[index] = value;
            given |= 1UL << index;
        }

        return new(function, values, given);
    }
}

/// <summary>Arguments in their parameters' places.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct BoundArguments
{
    /// <summary>Most parameters: a bit each says whether they were given.</summary>
    internal const int MaxParameters = 64;

    private readonly string _function;
    private readonly TemplateValue[] _values;
    private readonly ulong _given;

    internal BoundArguments(string function, TemplateValue[] values, ulong given) => (_function, _values, _given) = (function, values, given);

    /// <summary>The argument; undefined where it was not given.</summary>
    public TemplateValue this[int index] => _values[index];

    /// <summary>Whether the argument was given.</summary>
    public bool Has(int index) => (_given & (1UL << index)) != 0;

    /// <summary>Gives arguments that are missing their reason.</summary>
    internal BoundArguments NameMissing(string[] parameters)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            _values[i] = Has(i) ? _values[i] : TemplateValue.Undefined($"parameter '{parameters[i]}' was not provided");
        }

        return this;
    }

    /// <summary>The argument, or what stands for it.</summary>
    internal TemplateValue Or(int index, TemplateValue otherwise) => Has(index) ? _values[index] : otherwise;

    internal TemplateValue Required(int index) =>
        Has(index) ? _values[index] : throw TemplateErrors.Type($"{_function}() missing {index + 1}. argument");

    internal string RequiredText(int index) => Required(index) is { IsString: true } value
        ? value.Text
        : throw TemplateErrors.Type($"{_function}() argument {index + 1} must be str, not {_values[index].TypeName}");

    /// <summary>An integer that fits 32 bits either way; Python clips lengths and positions as well.</summary>
    internal int IntegerOr(int index, int otherwise)
    {
        var value = Or(index, otherwise);
        return value.IsInteger
            ? (int)Math.Clamp(value.Integer, int.MinValue, int.MaxValue)
            : throw TemplateErrors.Type($"'{value.TypeName}' object cannot be interpreted as an integer");
    }
}

/// <summary>A filter or a test.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public delegate TemplateValue TemplateFunction(TemplateValue value, TemplateArguments arguments);
