using System.Diagnostics;
using System.Globalization;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Entropy;

/// <summary>
/// Coded weights of every kind, damaged at random: every rung gives the same error or the same bytes, and nothing outside the chunk is read or outside the target written. Seeds 0 to 63 are always run;
/// with MODELPACK_FUZZ_MINUTES=N further ones for N minutes, the seed of a failure in its message.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int KeptSeeds = 64;

    [Fact]
    public void Kept_seeds_end_well()
    {
        for (var seed = 0; seed < KeptSeeds; seed++)
        {
            Run(seed);
        }
    }

    [Fact]
    public void Further_seeds_end_well_for_as_long_as_was_asked_for()
    {
        if (!double.TryParse(Environment.GetEnvironmentVariable("MODELPACK_FUZZ_MINUTES"), CultureInfo.InvariantCulture, out var minutes))
        {
            Assert.Skip("MODELPACK_FUZZ_MINUTES is not set.");
        }

        var clock = Stopwatch.StartNew();
        var seed = KeptSeeds;
        for (; clock.Elapsed.TotalMinutes < minutes; seed++)
        {
            Run(seed);
        }

        output.WriteLine($"{seed - KeptSeeds} seeds, {(seed - KeptSeeds) * DamagesPerSeed} damaged weights in {clock.Elapsed.TotalMinutes:F1} minutes");
    }

    private const int DamagesPerSeed = 20;

    private static void Run(int seed)
    {
        try
        {
            var random = new Random(seed);
            var original = seed % 2 == 0 ? Grouped(random, seed) : Tiled(random, seed);
            for (var i = 0; i < DamagesPerSeed; i++)
            {
                SegmentMutation.Check(original, random);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
        }
    }

    private static CodedCase Grouped(Random random, int seed)
    {
        var kernels = KernelTable.All.Where(k => k.Format.Family == WeightFamily.Grouped).ToArray();
        return new CodedWeight(kernels[random.Next(kernels.Length)], random.Next(1, 200), 32 * random.Next(1, 20), seed).Case;
    }

    private static CodedCase Tiled(Random random, int seed) => CodedCase.Of(
        RandomMatrix.Make(random.Next(1, 300), random.Next(1, 300), random.Next(3) switch { 0 => 1, 1 => 4, _ => 8 }, random.Next(-6, 24), seed), expanded: seed % 4 == 3);
}
