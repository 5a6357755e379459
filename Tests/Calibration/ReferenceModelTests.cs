using ModelPack.Compiler;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;
using ModelPack.Tests.Import;

namespace ModelPack.Tests.Calibration;

/// <summary><c>modelpack reference</c>: the recipe of ../shared/README.md, element by element.</summary>
public sealed class ReferenceModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    // splitmix64(x) >> 40, over 2^24; splitmix64(0) = 0xE220A8397B1DCDAF, splitmix64(0x9E3779B97F4A7C15) = 0x6E789E6AA1B965F4 (the generator's second number from 0),
    // 0x06C45D188009454F the third.
    [InlineData(0, 0, 0xE220A8)]
    [InlineData(0, 1, 0x6E789E)]
    [InlineData(0, 2, 0x06C45D)]
    public void Uniforms_are_those_of_splitmix64(long element, int tensor, int expected) => Assert.Equal(expected / 16777216f, ReferenceModel.Uniform(element, tensor));

    [Fact]
    public void Weights_leave_their_grid_by_a_uniform_part_of_its_step()
    {
        // One Q8_0 row: d = 0.5, codes 3 and then zeros; the second tensor of the file.
        var block = new byte[34];
        BitConverter.TryWriteBytes(block, (Half)0.5f);
        block[2] = 3;
        var model = new GgufBuilder().Add("general.architecture", "x").Add("other", 7).AddStrings("list", "a", "b").Tensor("first", [2], [1f, 2f]).Tensor("second", [1, 32], 8, block).Write();
        var path = Reference(model);
        using var source = ModelSource.Open(path);
        using var before = ModelSource.Open(model);
        Assert.Equal(before.Metadata.Keys, source.Metadata.Keys);
        Assert.Equal(7, source.Metadata.GetInteger("other"));
        Assert.Equal(["first", "second"], source.Tensors.Select(t => t.Name));
        Assert.Equal(["F32", "F16"], source.Tensors.Select(t => t.Encoding.Name));
        Assert.Equal([1L, 32L], source.Tensors[1].Shape);

        var kept = new float[2];
        source.Tensors[0].DequantizeRow(0, kept);
        Assert.Equal([1f, 2f], kept);
        var values = new float[32];
        source.Tensors[1].DequantizeRow(0, values);
        // By hand: u = 0x6E789E / 2^24 = 0.4315279…, so 1.5 + (u − ½) / 2.
        Assert.Equal((float)(Half)(1.5f + ((0x6E789E / 16777216f) - 0.5f) * 0.5f), values[0]);
        Assert.All(Enumerable.Range(1, 31), i => Assert.Equal((float)(Half)((ReferenceModel.Uniform(i, 1) - 0.5f) * 0.5f), values[i]));
    }

    [Fact]
    public void Float_files_come_out_as_they_are_whatever_the_threads()
    {
        var stories = Repository.Path("Tests", "Fixtures", "stories260K.gguf");
        var one = File.ReadAllBytes(Reference(stories, "--threads", "1"));
        Assert.Equal(one, File.ReadAllBytes(Reference(stories, "--threads", "3")));
        using var source = ModelSource.Open(_folder["r.gguf"]);
        using var before = ModelSource.Open(stories);
        Assert.Equal(before.Tensors.Count, source.Tensors.Count);
        foreach (var (a, b) in before.Tensors.Zip(source.Tensors))
        {
            Assert.Equal(a.Name, b.Name);
            Assert.True(a.RowBytes(a.Rows - 1).SequenceEqual(b.RowBytes(b.Rows - 1)));
        }
    }

    [Fact]
    public void Quantised_random_model_becomes_one_that_runs()
    {
        var path = Reference(new RandomLlama { Matrices = MatrixType.Q4_0 }.Write(new TemporaryFolder()));
        using var model = Interpreted.Load(path);
        Assert.All(model.Logits(3, 4, 5), l => Assert.True(float.IsFinite(l)));
    }

    [Fact]
    public void Two_level_scales_give_their_product_as_the_step()
    {
        // Q6_K: 256 elements, d at the end, scales of 16 elements before it; codes 0 are −32.
        var block = new byte[210];
        Array.Fill(block, (byte)2, 192, 16);
        BitConverter.TryWriteBytes(block.AsSpan(208), (Half)0.25f);
        var path = Reference(new GgufBuilder().Tensor("t", [1, 256], 14, block).Write());
        using var source = ModelSource.Open(path);
        var values = new float[256];
        source.Tensors[0].DequantizeRow(0, values);
        Assert.Equal((float)(Half)(-16f + ((ReferenceModel.Uniform(9, 0) - 0.5f) * 0.5f)), values[9]);
    }

    [Fact]
    public void What_has_no_even_steps_or_no_room_in_f16_is_MP3401()
    {
        var codebook = new GgufBuilder().Tensor("t", [1, 32], 20, new byte[18]).Write();
        Fails(CompilerCodes.ReferenceUnsupported, "IQ4_NL", "reference", codebook, "-o", _folder["r.gguf"]);
        var huge = new byte[34];
        BitConverter.TryWriteBytes(huge, (Half)60000f);
        huge[2] = 100;
        Fails("MP3401", "beyond the range of f16", "reference", new GgufBuilder().Tensor("t", [1, 32], 8, huge).Write(), "-o", _folder["r.gguf"]);
        Assert.False(File.Exists(_folder["r.gguf"]));
        Assert.Empty(Directory.GetFiles(_folder.FullPath));
    }

    [Fact]
    public void Reference_never_overwrites_its_model() =>
        Fails("MP3004", "is the model itself", "reference", Repository.Path("Tests", "Fixtures", "stories260K.gguf"), "-o", Repository.Path("Tests", "Fixtures", "stories260K.gguf"));

    private string Reference(string model, params string[] options)
    {
        using var errors = new StringWriter();
        var code = Verbs.Run(["reference", model, "-o", _folder["r.gguf"], .. options], TextWriter.Null, errors, CancellationToken.None);
        Assert.Equal("", errors.ToString());
        Assert.Equal(0, code);
        return _folder["r.gguf"];
    }

    private static void Fails(string code, string text, params string[] arguments)
    {
        using var errors = new StringWriter();
        Assert.Equal(1, Verbs.Run(arguments, TextWriter.Null, errors, CancellationToken.None));
        Assert.Contains($"error {code}: ", errors.ToString());
        Assert.Contains(text, errors.ToString());
    }
}
