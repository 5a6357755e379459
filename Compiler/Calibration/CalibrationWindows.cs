using ModelPack.Compiler.Calibration.Engine;

namespace ModelPack.Compiler.Calibration;

/// <summary>Windows of the calibration texts: those that are looked at, and those that are held out to check a quality level on.</summary>
/// <param name="Calibration">Evenly spread over the first nine tenths of each text; any first part of them is evenly spread, too.</param>
/// <param name="HeldOut">Evenly spread over the last tenth of each text.</param>
internal sealed record CalibrationWindows(WindowSet Calibration, WindowSet HeldOut)
{
    /// <summary>Tokens of a window where the model's context allows.</summary>
    public const int WindowTokens = 512;

    /// <param name="texts">Token ids of each text.</param>
    /// <param name="count">Windows wanted, of all texts together; fewer where there is less text.</param>
    /// <param name="heldOut">Windows wanted of the last tenths.</param>
    /// <param name="context">Positions of the model.</param>
    /// <exception cref="ModelPackException">MP3402: too little text.</exception>
    public static CalibrationWindows Of(IReadOnlyList<int[]> texts, int count, int heldOut, int context)
    {
        var length = Math.Min(WindowTokens, context);
        List<int[]> first = [.. texts.Select(t => t[..^(t.Length / 10)])], last = [.. texts.Select(t => t[^(t.Length / 10)..])];
        return new(new(Spread(first, length, count), length), new(Spread(last, length, heldOut), length));
    }

    private static int[] Spread(List<int[]> texts, int length, int count)
    {
        var available = texts.Sum(t => t.Length / length);
        if (available == 0)
        {
            throw new ModelPackException(
                CompilerCodes.CalibrationText,
                $"the calibration text has {texts.Sum(t => (long)t.Length)} tokens where a window of {length} was wanted (nine tenths of each text calibrate, the last is held out). Name more text: at least {20 * length} tokens, about {80 * length / 1000} KB.");
        }

        count = Math.Min(count, available);
        // In turns by their share, so that the first windows are as mixed as all of them.
        var windows = new List<(double Order, int Text, int Start)>();
        var weights = Shares(texts, length, count);
        for (var t = 0; t < texts.Count; t++)
        {
            for (var i = 0; i < weights[t]; i++)
            {
                var start = (int)((long)(texts[t].Length - length) * i / Math.Max(1, weights[t] - 1));
                windows.Add((RadicalInverse(i, weights[t]), t, weights[t] == 1 ? (texts[t].Length - length) / 2 : start));
            }
        }

        return [.. windows.OrderBy(w => w.Order).ThenBy(w => w.Text).ThenBy(w => w.Start).SelectMany(w => texts[w.Text].AsSpan(w.Start, length).ToArray())];
    }

    /// <summary>Windows of each text: an even mix, as far as each has them; what one cannot give the others do.</summary>
    private static int[] Shares(List<int[]> texts, int length, int count)
    {
        var shares = new int[texts.Count];
        for (var left = count; left > 0;)
        {
            for (var t = 0; t < texts.Count && left > 0; t++)
            {
                if (shares[t] < texts[t].Length / length)
                {
                    shares[t]++;
                    left--;
                }
            }
        }

        return shares;
    }

    /// <summary>Van der Corput's sequence turned around: sorted by it, any first part of i = 0 … n − 1 is spread over the whole.</summary>
    private static double RadicalInverse(int i, int n)
    {
        // i / n in binary, its digits reversed.
        var x = (uint)(((ulong)i << 32) / (uint)n);
        return Reverse(x) / (double)uint.MaxValue;
    }

    private static uint Reverse(uint x)
    {
        uint reversed = 0;
        for (var bit = 0; bit < 32; bit++)
        {
            reversed |= (x >> bit & 1) << (31 - bit);
        }

        return reversed;
    }
}
