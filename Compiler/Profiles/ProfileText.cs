using System.Globalization;
using System.Text;

namespace ModelPack.Compiler.Profiles;

/// <summary>
/// A <see cref="DecodeProfile"/> as text: a line for each fact, <c>key value</c>; rates are <c>rate NUMBER KIND</c>, in 10⁹ weights a second, times are in nanoseconds. Lines that begin with # are remarks.
/// </summary>
internal static class ProfileText
{
    private const string Header = "modelpack-profile 1";

    /// <summary>Far more than a profile has.</summary>
    public const int MostBytes = 64 * 1024;

    private static readonly string[] s_keys = ["processor", "kernels", "threads", "stretch", "call-ns", "escape-ns"];

    public static string Write(DecodeProfile profile)
    {
        var text = new StringBuilder();
        text.Append(Header).Append('\n');
        Line("processor", profile.Processor);
        Line("kernels", profile.Kernels.ToString());
        Line("threads", profile.Threads.ToString(CultureInfo.InvariantCulture));
        Line("stretch", Number(profile.Stretch));
        Line("call-ns", Number(1e9 * profile.CallSeconds));
        Line("escape-ns", Number(1e9 * profile.EscapeSeconds));
        foreach (var (kind, rate) in profile.Rates)
        {
            Line("rate", $"{Number(rate / 1e9)} {kind}");
        }

        return text.ToString();

        void Line(string key, string value) => text.Append(key).Append(' ').Append(value).Append('\n');
        static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
    }

    /// <param name="name">For messages.</param>
    /// <param name="text">Hostile until it is read.</param>
    /// <exception cref="ModelPackException">MP3010: what is wrong, and in which line.</exception>
    public static DecodeProfile Read(string name, string text)
    {
        var values = new Dictionary<string, string>();
        var rates = new Dictionary<string, double>();
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        if (lines[0].Trim() != Header)
        {
            throw Bad(1, $"expected '{Header}'");
        }

        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var (key, value) = line.Split(' ', 2) is [var k, var v] ? (k, v.Trim()) : throw Bad(i + 1, "expected a key and a value");
            if (key == "rate")
            {
                var (number, kind) = value.Split(' ', 2) is [var n, var w] ? (n, w.Trim()) : throw Bad(i + 1, "expected 'rate', 10⁹ weights a second, and a kind of weight");
                if (!rates.TryAdd(kind, 1e9 * Number(i + 1, number, 1e-6, 1e6)))
                {
                    throw Bad(i + 1, $"the rate of '{kind}' is there twice");
                }
            }
            else if (!s_keys.Contains(key) || !values.TryAdd(key, value))
            {
                throw Bad(i + 1, s_keys.Contains(key) ? $"'{key}' is there twice" : $"there is no '{key}'; there are {string.Join(", ", s_keys)} and rate");
            }
        }

        if (s_keys.FirstOrDefault(k => !values.ContainsKey(k)) is { } missing)
        {
            throw Bad(lines.Length, $"'{missing}' is missing");
        }

        var kernels = values["kernels"];
        if (!Enum.GetNames<KernelSet>().Contains(kernels) || kernels == nameof(KernelSet.Auto))
        {
            throw Bad(0, $"kernels are '{kernels}'; expected {string.Join(", ", Enum.GetNames<KernelSet>().Where(n => n != nameof(KernelSet.Auto)))}");
        }

        return new(
            name,
            values["processor"],
            Enum.Parse<KernelSet>(kernels),
            (int)Number(0, values["threads"], 1, ModelOptions.MaxThreads),
            Number(0, values["stretch"], 0.01, 100),
            1e-9 * Number(0, values["call-ns"], 0, 1e9),
            1e-9 * Number(0, values["escape-ns"], 0, 1e9),
            rates);

        double Number(int line, string number, double least, double most) =>
            double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var parsed) && parsed >= least && parsed <= most
                ? parsed
                : throw Bad(line, string.Create(CultureInfo.InvariantCulture, $"'{number}' is not a number from {least} to {most}"));

        ModelPackException Bad(int line, string what) => new(
            CompilerCodes.ProfileUnusable,
            $"profile '{name}'{(line > 0 ? string.Create(CultureInfo.InvariantCulture, $", line {line}") : "")}: {what}. Make it again: modelpack profile MODEL -o FILE.");
    }
}
