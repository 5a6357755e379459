namespace ModelPack.Compiler.Calibration.Tuning;

/// <summary>Adam (Kingma and Ba 2015), β = .9 and .95, over named vectors.</summary>
internal sealed class Adam(double rate)
{
    private const double Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-8;
    private readonly Dictionary<string, (double[] First, double[] Second)> _moments = [];
    private int _steps;
    private double _beta1 = 1, _beta2 = 1;

    /// <summary>Steps taken.</summary>
    public int Steps => _steps;

    /// <summary>One step against the gradients.</summary>
    /// <param name="values">Changed in place.</param>
    /// <param name="gradients">By the same names.</param>
    /// <param name="factor">On the rate: the schedule.</param>
    public void Step(Dictionary<string, float[]> values, Dictionary<string, float[]> gradients, double factor)
    {
        _steps++;
        _beta1 *= Beta1;
        _beta2 *= Beta2;
        foreach (var (name, gradient) in gradients)
        {
            if (!_moments.TryGetValue(name, out var m))
            {
                _moments.Add(name, m = (new double[gradient.Length], new double[gradient.Length]));
            }

            for (var i = 0; i < gradient.Length; i++)
            {
                m.First[i] = (Beta1 * m.First[i]) + ((1 - Beta1) * gradient[i]);
                m.Second[i] = (Beta2 * m.Second[i]) + ((1 - Beta2) * gradient[i] * gradient[i]);
                values[name][i] -= (float)(rate * factor * (m.First[i] / (1 - _beta1)) / (Math.Sqrt(m.Second[i] / (1 - _beta2)) + Epsilon));
            }
        }
    }
}
