using ModelPack.Compiler.Lowering;
using ModelPack.Compiler.Profiles;
using ModelPack.Compiler.Quantize;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Cli;
using ModelPack.Tests.Generator;

namespace ModelPack.Tests.Profiles;

/// <summary>Profiles of processors: as text, those that come with ModelPack, what they say of a model, and how one is made.</summary>
public sealed class ProfileTests : IDisposable
{
    private const string Minimal = "modelpack-profile 1\nprocessor P\nkernels Avx2\nthreads 2\nstretch 1.5\ncall-ns 2000\nescape-ns 1\nrate 10 tiled 4\nrate 5 tiled trellis8 3\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Shipped => [.. ProfileTable.All.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_profile_that_comes_with_ModelPack_has_a_rate_for_every_kind_of_weight(string name)
    {
        var profile = ProfileTable.Open(name);
        foreach (var kernel in KernelTable.All)
        {
            int[] widths = kernel.Format.Family == WeightFamily.Tiled ? [.. Enumerable.Range(RoundingOptions.NarrowestTile, RoundingOptions.WidestTile - RoundingOptions.NarrowestTile + 1)] : [0];
            Assert.All(widths, w => Assert.Contains(new DecodeKind(kernel.Format, w).ToString(), profile.Rates.Keys));
        }

        Assert.Contains("cores", profile.Processor, StringComparison.Ordinal);
        Assert.Equal(profile.Name, name);
    }

    [Fact]
    public void Names_are_those_of_instruction_sets_and_the_default_is_among_them()
    {
        Assert.Equal(["x86-64-v3", "x86-64-v4"], ProfileTable.All.Select(p => p.Name));
        Assert.Equal(ProfileTable.Default, ProfileTable.Open(null).Name);
        Assert.Equal(KernelSet.Avx512, ProfileTable.Open("X86-64-V4").Kernels);
    }

    [Fact]
    public void A_profile_comes_back_from_its_text()
    {
        var profile = ProfileText.Read("x", Minimal);
        Assert.Equal((KernelSet.Avx2, 2, 1.5), (profile.Kernels, profile.Threads, profile.Stretch));
        Assert.Equal(2e-6, profile.CallSeconds, 1e-15);
        Assert.Equal(1e-9, profile.EscapeSeconds, 1e-18);
        Assert.Equal([("tiled 4", 10e9), ("tiled trellis8 3", 5e9)], profile.Rates.Select(r => (r.Key, r.Value)));
        Assert.Equal(Minimal, ProfileText.Write(profile));
        Assert.Equal(Minimal, ProfileText.Write(ProfileText.Read("x", Minimal.Replace("\n", "\r\n# remark\r\n\r\n", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("profile 1", "profile 2", "line 1: expected 'modelpack-profile 1'")]
    [InlineData("threads 2\n", "", "'threads' is missing")]
    [InlineData("threads 2", "threads 0", "'0' is not a number from 1")]
    [InlineData("threads 2", "thread 2", "line 4: there is no 'thread'")]
    [InlineData("stretch 1.5", "stretch NaN", "'NaN' is not a number")]
    [InlineData("stretch 1.5", "stretch 1e9", "'1e9' is not a number")]
    [InlineData("Avx2", "Auto", "kernels are 'Auto'; expected Scalar, Avx2")]
    [InlineData("Avx2", "9", "kernels are '9'")]
    [InlineData("rate 10 tiled 4", "rate 10", "line 8: expected 'rate'")]
    [InlineData("rate 10 tiled 4", "rate -1 tiled 4", "line 8: '-1' is not a number")]
    [InlineData("rate 10 tiled 4", "rate 1 tiled trellis8 3", "line 9: the rate of 'tiled trellis8 3' is there twice")]
    [InlineData("stretch 1.5", "stretch 1.5\nstretch 1.5", "line 6: 'stretch' is there twice")]
    [InlineData("stretch 1.5", "stretch", "line 5: expected a key and a value")]
    public void Damage_is_MP3010_and_names_the_line(string was, string becomes, string message)
    {
        var file = _folder.Write("x.profile", Minimal.Replace(was, becomes, StringComparison.Ordinal));
        Assert.Contains(message, Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_neither_a_name_nor_a_file_is_MP3010_and_says_which_there_are()
    {
        Assert.Contains("x86-64-v3, x86-64-v4", Refused("x86-64-v9"), StringComparison.Ordinal);
        Assert.Contains("x86-64-v3", Refused(_folder.FullPath), StringComparison.Ordinal);
        Assert.Contains("at most 65536", Refused(_folder.Write("large", new string('#', 70_000))), StringComparison.Ordinal);
        Assert.Contains("no rate for weights of the kind 'tiled 8'", Refused(_folder.Write("x.profile", Minimal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Work_counts_what_is_multiplied_as_often_as_it_is()
    {
        // A head that is the embedding, multiplied once and looked up; two layers of one template; a vector.
        var weights = new[] { ("embedding", 64, 128), ("a", 64, 64), ("b", 64, 64), ("gain", 1, 64) };
        var graph = new Compiler.Ir.Graph();
        var model = new LoweredModel(
            SamplePlan.Shape(),
            new([]),
            new([new PlanTemplate("Layer", new(["Matrix", "Gain"]), new([Call("RmsNorm", PlanOperand.Slot("Gain")), Call("Linear", PlanOperand.Slot("Matrix"))]))]),
            new([
                new(Call("Embedding", PlanOperand.Weight(0)), null),
                new(null, new("Layer", 0, new([new EquatableArray<int>([1, 3]), new EquatableArray<int>([2, 3])]))),
                new(Call("LinearAdd", PlanOperand.Weight(0)), null)]),
            [.. weights.Select(_ => (Compiler.Ir.WeightRef)null!)]);
        var work = DecodeWork.Of(model);
        Assert.Equal(6, work.Calls);
        work.Add(0, WeightFormat.PlainOf(PlainType.F16), 64 * 128);
        work.Add(1, Tiled(8, 3));
        work.Add(2, Tiled(8, 8));
        work.Add(3, WeightFormat.PlainOf(PlainType.F32), 64);
        Assert.Equal(["f16 8192", "tiled trellis8 3 4096", "tiled trellis8 8 4096"], work.Weights.Select(w => $"{w.Key} {w.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(["f16", "tiled 4", "tiled trellis8 8"], work.Weights.Keys.Select(k => k.Expanded.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(4096, work.Escapes);

        var profile = new DecodeProfile("x", "", KernelSet.Avx2, 1, 2, 1e-6, 1e-9, new Dictionary<string, double> { ["f16"] = 1e9, ["tiled trellis8 3"] = 1e9, ["tiled trellis8 8"] = 1e9, ["tiled 4"] = 4e9 });
        Assert.Equal((2 * (8192e-9 + 4096e-9 + 4096e-9 + 4096e-9)) + 6e-6, profile.Seconds(work, expanded: false), 1e-12);
        Assert.Equal((2 * (8192e-9 + 1024e-9 + 4096e-9 + 4096e-9)) + 6e-6, profile.Seconds(work, expanded: true), 1e-12);
        Assert.False(profile.PrefersCompact(work));
        Assert.True((profile with { Rates = new Dictionary<string, double>(profile.Rates) { ["tiled 4"] = 0.5e9 } }).PrefersCompact(work));

        static PlanCall Call(string op, PlanOperand weight) => new(op, new([weight]), "");
        // Codes of 100: beyond 3 bits, within 8.
        static TiledMatrix Tiled(int states, byte width)
        {
            var codes = new short[64 * 64];
            Array.Fill(codes, (short)(width == 3 ? 100 : 1));
            return new()
            {
                Rows = 64,
                Columns = 64,
                States = states,
                RowOrder = [.. Enumerable.Range(0, 64)],
                ColumnOrder = [.. Enumerable.Range(0, 64)],
                RowExponents = new int[64],
                RowStepsPerOctave = 4,
                ColumnExponents = new int[64],
                RowClasses = [0],
                ColumnClasses = new int[64],
                Widths = [width],
                Codes = codes,
            };
        }
    }

    [Fact]
    public void Stretch_and_call_are_fitted_to_relative_errors_and_a_call_takes_no_less_than_nothing()
    {
        var (stretch, call) = ProfileMeasurement.Fit([(1e-3, 400, (1.25 * 1e-3) + (400 * 2e-6)), (3e-3, 400, (1.25 * 3e-3) + (400 * 2e-6))]);
        Assert.Equal(1.25, stretch, 1e-9);
        Assert.Equal(2e-6, call, 1e-12);
        (stretch, call) = ProfileMeasurement.Fit([(1e-3, 400, 1e-3), (3e-3, 400, 3.3e-3)]);
        Assert.Equal(0, call);
        Assert.InRange(stretch, 1, 1.1);
        (stretch, call) = ProfileMeasurement.Fit([(1e-3, 400, 2e-3)]);
        Assert.Equal((2, 0), (Math.Round(stretch, 9), call));
        // Hardly any matrices: what a call takes is all that can be learned. Then a model in a cache.
        Assert.Equal((1, 1e-6), ProfileMeasurement.Fit([(1e-6, 400, 401e-6), (2e-6, 400, 401e-6)]) is var (s, c) ? (s, Math.Round(c, 8)) : default);
        Assert.Equal((0.5, 0), ProfileMeasurement.Fit([(2e-3, 1, 1e-3), (4e-3, 1, 2e-3)]));
    }

    [Fact]
    public void The_verb_measures_this_processor_and_builds_take_what_it_wrote()
    {
        var file = _folder["mine.profile"];
        var made = Modelpack.Ok("profile", Stories, "-o", file, "--rounds", "1", "--threads", "1", "--json");
        Assert.Contains("lies in the processor's last cache", made.Output, StringComparison.Ordinal);
        Assert.Contains("trellis, expanded: ", made.Output, StringComparison.Ordinal);
        Assert.Equal(KernelSets.Resolve(KernelSet.Auto).ToString(), made.Json.GetProperty("kernels").GetString());
        var profile = ProfileTable.Open(file);
        Assert.All(ProfileTable.All[0].Rates.Keys, k => Assert.Contains(k, profile.Rates.Keys));
        var packed = Modelpack.Ok("pack", Stories, "-o", _folder["x.mpk"], "--cache", "off", "--quality", "Balanced", "--effort", "Fast", "--profile", file, "--json");
        Assert.True(packed.Json.GetProperty("decode_tps_expected").GetDouble() > 1);
        Assert.Contains($" tokens/s on {file} with 1 threads", packed.Output, StringComparison.Ordinal);
    }

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    private string Refused(string profile) => Modelpack.Refused("MP3010", Stories, "pack", Stories, "-o", _folder["x.mpk"], "--cache", "off", "--effort", "Fast", "--quality", "High", "--profile", profile);
}
