namespace ModelPack.Tests.Reference;

/// <summary>The tiled family's arithmetic in plain loops, in the documented order, on the integers of a <see cref="RandomTiled"/>. Shares no code with the kernels.</summary>
internal static class ReferenceTiled
{
    /// <summary>W·x with int8 activations, quantised here.</summary>
    public static float[] MultiplyInt8(RandomTiled w, ReadOnlySpan<float> x)
    {
        var codes = new int[w.Blocks * 64];
        var scales = new float[w.Blocks];
        for (var b = 0; b < w.Blocks; b++)
        {
            var max = 0f;
            for (var j = 64 * b; j < Math.Min(64 * (b + 1), w.Columns); j++)
            {
                max = MathF.Max(max, MathF.Abs(x[w.ColumnOrder[j]] * w.ColumnScales[j]));
            }

            max = max < 1e-36f ? 0f : max;
            for (var j = 64 * b; j < Math.Min(64 * (b + 1), w.Columns) && max > 0f; j++)
            {
                codes[j] = (int)MathF.Round(x[w.ColumnOrder[j]] * w.ColumnScales[j] * (127f / max), MidpointRounding.ToEven);
            }

            scales[b] = max / 127f;
        }

        var y = new float[w.Rows];
        for (var i = 0; i < w.Rows; i++)
        {
            // Escapes first, by themselves.
            var acc = 0f;
            var beside = new int[w.Blocks * 64];
            foreach (var (_, column, delta) in w.Escapes.Where(e => e.Row == i).OrderBy(e => e.Column))
            {
                var product = (float)(delta * codes[column]) * scales[column / 64];
                acc += product;
                beside[column] = delta;
            }

            for (var b = 0; b < w.Blocks; b++)
            {
                long dot = 0;
                for (var j = 64 * b; j < 64 * (b + 1); j++)
                {
                    dot += (long)(w.Integers[i, j] - beside[j]) * codes[j];
                }

                acc = MathF.FusedMultiplyAdd(dot, scales[b], acc);
            }

            y[w.RowOrder[i]] = w.RowSteps[i] * acc;
        }

        return y;
    }

    /// <summary>W·x with f32 activations.</summary>
    public static float[] MultiplyFloat(RandomTiled w, ReadOnlySpan<float> x)
    {
        var y = new float[w.Rows];
        for (var i = 0; i < w.Rows; i++)
        {
            var acc = 0f;
            for (var j = 0; j < w.Columns; j++)
            {
                acc = MathF.FusedMultiplyAdd(w.Integers[i, j], x[w.ColumnOrder[j]] * w.ColumnScales[j], acc);
            }

            y[w.RowOrder[i]] = w.RowSteps[i] * acc;
        }

        return y;
    }

    /// <summary>One row of the source.</summary>
    public static float[] Row(RandomTiled w, int row)
    {
        var values = new float[w.Columns];
        var i = Array.IndexOf(w.RowOrder, row);
        for (var j = 0; j < w.Columns; j++)
        {
            values[w.ColumnOrder[j]] = w.RowSteps[i] * w.ColumnScales[j] * w.Integers[i, j];
        }

        return values;
    }
}
