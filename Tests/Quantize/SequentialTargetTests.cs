using ModelPack.Compiler;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

public sealed class SequentialTargetTests
{
    [Fact]
    public void Target_solves_the_damped_equations()
    {
        const int Columns = 37, Rows = 5;
        var moments = RandomMatrices.Moments(Columns, 3);
        float[] cross = RandomMatrices.Gaussian(Columns * Columns, 4), w = RandomMatrices.Gaussian(Rows * Columns, 5);
        var target = new SequentialTarget(moments, cross, new()).Apply(w, 1, new());
        // (target − W) · (H + .1 diag H + 1e-4 mean) = W C.
        var mean = Enumerable.Range(0, Columns).Average(j => (double)moments.Values[j * (Columns + 1)]);
        for (var i = 0; i < Rows; i++)
        {
            for (var j = 0; j < Columns; j++)
            {
                double left = 0, right = 0, size = 0;
                for (var k = 0; k < Columns; k++)
                {
                    var h = (moments.Values[(k * Columns) + j] * (k == j ? 1.1 : 1)) + (k == j ? 1e-4 * mean : 0);
                    left += ((double)target[(i * Columns) + k] - w[(i * Columns) + k]) * h;
                    right += (double)w[(i * Columns) + k] * cross[(k * Columns) + j];
                    size += Math.Abs(h * target[(i * Columns) + k]);
                }

                Assert.Equal(right, left, (1e-4 * size) + 1e-4);
            }
        }
    }

    [Fact]
    public void Cross_moments_that_are_not_finite_are_refused()
    {
        var moments = RandomMatrices.Moments(4, 3);
        var cross = new float[16];
        cross[3] = float.NaN;
        Assert.Equal(CompilerCodes.StatisticsUnusable, Assert.Throws<ModelPackException>(() => new SequentialTarget(moments, cross, new())).Code);
    }
}
