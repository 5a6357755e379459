using System.Numerics;

namespace ModelPack;

/// <summary>The greatest logit. A maximum is exact, so the vector width does not matter.</summary>
internal static class ArgMax
{
    /// <summary>The lowest index of the greatest element.</summary>
    /// <param name="logits">One or more.</param>
    /// <exception cref="ModelPackException">MP5205: a NaN or +∞ among them, or nothing above −∞.</exception>
    public static int Of(ReadOnlySpan<float> logits)
    {
        var best = Greatest(logits, out var hasNaN);
        if (hasNaN || !float.IsFinite(best))
        {
            throw NotFinite(logits);
        }

        return FirstEqual(logits, best);
    }

    private static float Greatest(ReadOnlySpan<float> logits, out bool hasNaN)
    {
        var width = Vector<float>.Count;
        var i = 0;
        var best = float.NegativeInfinity;
        hasNaN = false;
        if (logits.Length >= width)
        {
            var most = new Vector<float>(float.NegativeInfinity);
            var ordered = Vector<int>.AllBitsSet;
            for (; i <= logits.Length - width; i += width)
            {
                var x = new Vector<float>(logits[i..]);
                ordered &= Vector.Equals(x, x);
                most = Vector.ConditionalSelect(Vector.GreaterThan(x, most), x, most);
            }

            hasNaN = ordered != Vector<int>.AllBitsSet;
            for (var lane = 0; lane < width; lane++)
            {
                best = most[lane] > best ? most[lane] : best;
            }
        }

        for (; i < logits.Length; i++)
        {
            hasNaN |= float.IsNaN(logits[i]);
            best = logits[i] > best ? logits[i] : best;
        }

        return best;
    }

    private static int FirstEqual(ReadOnlySpan<float> logits, float value)
    {
        var width = Vector<float>.Count;
        var wanted = new Vector<float>(value);
        var i = 0;
        while (i <= logits.Length - width && !Vector.EqualsAny(new Vector<float>(logits[i..]), wanted))
        {
            i += width;
        }

        while (logits[i] != value)
        {
            i++;
        }

        return i;
    }

    private static ModelPackException NotFinite(ReadOnlySpan<float> logits)
    {
        for (var i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i]) || float.IsPositiveInfinity(logits[i]))
            {
                return new(MpCodes.LogitsNotFinite, $"the logit of token {i} is {(float.IsNaN(logits[i]) ? "NaN" : "+∞")}; expected a number. The model's weights overflow, or are damaged: inspect the source file.");
            }
        }

        return new(MpCodes.LogitsNotFinite, $"all {logits.Length} logits are −∞; expected at least one number. The model's weights overflow, or are damaged: inspect the source file.");
    }
}
