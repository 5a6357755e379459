namespace ModelPack.KernelCheck;

/// <summary>Numbers from seeds. <see cref="Random"/> with a seed is the same everywhere; only exact operations follow it.</summary>
internal static class Inputs
{
    /// <summary>Uniform in [−2, 2) times 2^e, e uniform in [−exponents, exponents].</summary>
    public static float[] Floats(int count, Random random, int exponents = 3)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (random.NextSingle() - 0.5f) * 4 * MathF.ScaleB(1f, random.Next(-exponents, exponents + 1));
        }

        return values;
    }
}
