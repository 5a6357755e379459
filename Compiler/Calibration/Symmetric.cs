namespace ModelPack.Compiler.Calibration;

/// <summary>Symmetric matrices of which the upper half was computed.</summary>
internal static class Symmetric
{
    /// <summary>Divides the upper half by a count and mirrors it.</summary>
    public static void FinishMean(float[] values, int width, long count)
    {
        var factor = 1f / count;
        for (var i = 0; i < width; i++)
        {
            foreach (ref var v in values.AsSpan((i * width) + i, width - i))
            {
                v *= factor;
            }
        }

        Mirror(values, width);
    }

    public static void Mirror(float[] values, int width)
    {
        // In squares that stay in the cache.
        const int Block = 32;
        for (var i0 = 0; i0 < width; i0 += Block)
        {
            for (var j0 = 0; j0 <= i0; j0 += Block)
            {
                for (var i = i0; i < Math.Min(i0 + Block, width); i++)
                {
                    for (var j = j0; j < Math.Min(j0 + Block, i); j++)
                    {
                        values[(i * width) + j] = values[(j * width) + i];
                    }
                }
            }
        }
    }

    /// <summary>A mean of squares overflows where anything else would, so the diagonal tells.</summary>
    /// <exception cref="ModelPackException">MP3404.</exception>
    public static void RequireFinite(float[] values, int width, string what)
    {
        for (var i = 0; i < width; i++)
        {
            if (!float.IsFinite(values[(i * width) + i]))
            {
                throw new ModelPackException(
                    CompilerCodes.CalibrationNotFinite,
                    $"the model's activations are not finite on the calibration text (column {i} of {what}): the weights are damaged, or their range is beyond f32. Try the model with 'modelpack run FILE --activations float'.");
            }
        }
    }
}
