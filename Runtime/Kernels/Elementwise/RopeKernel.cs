namespace ModelPack.Kernels;

/// <summary>
/// Rotary position embedding (Su et al. 2021): the pair (a, b) becomes (a·cos − b·sin, a·sin + b·cos).
/// Two products and one sum, each rounded: the same bits on every rung without any vector form.
/// </summary>
internal static unsafe class RopeKernel
{
    /// <summary>Rotates all heads of one token in place.</summary>
    /// <param name="x">[heads, headLength].</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="headLength">Floats per head; those beyond 2·pairs stay.</param>
    /// <param name="table">[cos of all pairs | sin of all pairs] of the token's position.</param>
    /// <param name="pairs">Rotated pairs per head.</param>
    /// <param name="interleaved">Pairs are (2i, 2i+1), else (i, i + pairs).</param>
    public static void Run(float* x, int heads, int headLength, float* table, int pairs, bool interleaved)
    {
        int step = interleaved ? 2 : 1, distance = interleaved ? 1 : pairs;
        for (var head = 0; head < heads; head++)
        {
            for (var i = 0; i < pairs; i++)
            {
                var at = x + (i * step);
                float a = at[0], b = at[distance], cos = table[i], sin = table[pairs + i];
                at[0] = (a * cos) - (b * sin);
                at[distance] = (a * sin) + (b * cos);
            }

            x += headLength;
        }
    }
}
