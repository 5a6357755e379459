using System.Globalization;

namespace ModelPack.Compiler.Cli;

/// <summary>A verb's arguments: one file and <c>--name value</c> options. (No parser library: builds start this program often, and start-up time is theirs.)</summary>
internal sealed class CommandLine
{
    /// <summary>Options that may be given several times.</summary>
    private static readonly string[] s_lists = ["--calibration"];

    private readonly Dictionary<string, string> _values = [];
    private readonly List<(string Option, string Value)> _lists = [];
    private readonly HashSet<string> _flags = [];

    /// <param name="verb">For messages.</param>
    /// <param name="arguments">Behind the verb.</param>
    /// <param name="options">Names that take a value, with their dashes.</param>
    /// <param name="flags">Names that take none.</param>
    /// <exception cref="ModelPackException">MP3004.</exception>
    public CommandLine(string verb, ReadOnlySpan<string> arguments, string[] options, string[] flags)
    {
        string? file = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            if (flags.Contains(argument))
            {
                _flags.Add(argument);
            }
            else if (options.Contains(argument))
            {
                if (i + 1 == arguments.Length)
                {
                    throw Error($"{verb}: {argument} wants a value behind it.");
                }

                i++;
                if (s_lists.Contains(argument))
                {
                    _lists.Add((argument, arguments[i]));
                }
                else if (!_values.TryAdd(argument, arguments[i]))
                {
                    throw Error($"{verb}: {argument} is given twice.");
                }
            }
            else if (argument.StartsWith('-') && argument.Length > 1)
            {
                throw Error($"{verb} has no option '{argument}'; it has {string.Join(", ", options.Concat(flags))}.");
            }
            else if (file is not null)
            {
                throw Error($"{verb} takes one file; there are '{file}' and '{argument}'.");
            }
            else
            {
                file = argument;
            }
        }

        File = file ?? throw Error($"{verb} wants a file: modelpack {verb} FILE [{string.Join("] [", options.Concat(flags))}].");
    }

    public string File { get; }

    /// <summary>Whether an option takes no value, in any verb.</summary>
    public static bool IsFlag(string option) => option is "--json" or "--special";

    public bool Has(string flag) => _flags.Contains(flag);

    public string? Text(string option) => _values.GetValueOrDefault(option);

    /// <summary>All values of an option that may be given several times, in order.</summary>
    public IReadOnlyList<string> All(string option) => [.. _lists.Where(l => l.Option == option).Select(l => l.Value)];

    public string Require(string option) => Text(option) ?? throw Error($"{option} is missing.");

    public int? Integer(string option, int minimum, int maximum)
    {
        if (Text(option) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw Error($"{option} is '{text}'; expected an integer from {minimum} to {maximum}.");
    }

    public static ModelPackException Error(string message) => new(CompilerCodes.CommandLine, message);
}
