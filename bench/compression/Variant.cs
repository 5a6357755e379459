using System.Globalization;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Bench;

/// <summary>One way to quantise a model: <c>lambda=.95e-9,states=8,passes=2,vocabulary=1.35,resident=.45,escape=230,tuning=20,rate=8e-4</c>.</summary>
internal sealed record Variant(string Name)
{
    public double Lambda { get; private init; } = 0.95e-9;

    public int States { get; private init; } = 8;

    /// <summary>Times that the model is quantised, each with the code statistics of the one before.</summary>
    public int Passes { get; private init; } = 1;

    public double Vocabulary { get; private init; } = 1.35;

    /// <summary>Null: by the states.</summary>
    public double? Resident { get; private init; }

    public double Escape { get; private init; } = RoundingOptions.DefaultEscapeBits;

    /// <summary>Steps of tuning.</summary>
    public int Tuning { get; private init; }

    /// <summary>Its rate.</summary>
    public double Rate { get; private init; } = 3e-4;

    public static Variant Parse(string text)
    {
        var variant = new Variant(text);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = part.Split('=') is [var k, var v] ? (k, double.Parse(v, CultureInfo.InvariantCulture)) : throw new FormatException($"'{part}' is not KEY=NUMBER");
            variant = key switch
            {
                "lambda" => variant with { Lambda = value },
                "states" => variant with { States = (int)value },
                "passes" => variant with { Passes = (int)value },
                "vocabulary" => variant with { Vocabulary = value },
                "resident" => variant with { Resident = value },
                "escape" => variant with { Escape = value },
                "rate" => variant with { Rate = value },
                "tuning" => variant with { Tuning = (int)value },
                _ => throw new FormatException($"there is no '{key}'"),
            };
        }

        return variant;
    }

    public QuantizerOptions Options(QuantizerTables? tables) => new(Lambda, States)
    {
        VocabularyFactor = Vocabulary,
        ResidentPrice = Resident ?? RoundingOptions.DefaultResidentPrice(States),
        EscapeBits = Escape,
        Tables = tables,
    };
}
