using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Quantize;
using ModelPack.Tests.Quantize;

namespace ModelPack.Tests.Allocation;

public class RoleAllocationTests
{
    private const double Lambda = 3e-5;

    private static readonly MatrixInput[] s_inputs = [RandomMatrices.Input(128, 128, 1), RandomMatrices.Input(128, 128, 2)];

    private static readonly Dictionary<string, LinearRole> s_roles = new() { [s_inputs[0].Name] = LinearRole.Up, [s_inputs[1].Name] = LinearRole.Down };

    /// <summary>What K-FAC expects, times what it does not know of each matrix; four windows that differ a little.</summary>
    private static RoleAllocation Allocation(double up, double down, List<int>? counted = null) => new(
        s_inputs,
        s_roles,
        new(Lambda, 1) { Threads = 2 },
        replaced =>
        {
            counted?.Add(replaced.Count);
            var divergence = s_inputs.Where(i => replaced.ContainsKey(i.Name)).Sum(i => (i == s_inputs[0] ? up : down) * RandomMatrices.Divergence(i, replaced[i.Name]));
            return [0.9 * divergence, 1.1 * divergence, divergence, divergence];
        },
        CancellationToken.None);

    [Fact]
    public void A_role_that_costs_more_than_expected_gets_more_bits()
    {
        var (factors, counts) = Allocation(4, 0.25).Run(6, _ => { });
        Assert.True(factors[LinearRole.Up] <= 0.25 * factors[LinearRole.Down], $"{factors[LinearRole.Up]} and {factors[LinearRole.Down]}");
        Assert.True(counts.Best < counts.First - 0.5, counts.ToString());
    }

    [Fact]
    public void A_division_that_is_right_stays()
    {
        var (factors, _) = Allocation(1, 1).Run(6, _ => { });
        Assert.InRange(factors[LinearRole.Up] / factors[LinearRole.Down], 0.7, 1.5);
    }

    [Fact]
    public void Whole_models_are_evaluated_no_more_often_than_allowed()
    {
        var counted = new List<int>();
        var (_, counts) = Allocation(4, 0.25, counted).Run(5, _ => { });
        // Start and proposal of the Lagrangian come before the annealing's own.
        Assert.InRange(counted.Count(c => c == 2), 2, 7);
        Assert.True(counts.FullEvaluations <= 5, counts.ToString());
    }
}
