using System.Text;
using ModelPack.Compiler;
using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Import;

namespace ModelPack.Tests.Import;

/// <summary>Hostile and damaged files: each gives one error with its code, naming the place, what was expected and what was found.</summary>
public sealed class GgufErrorTests
{
    [Fact]
    public void Missing_file() => Fails(CompilerCodes.FileUnreadable, Path.Combine(Path.GetTempPath(), "no", "such", "model.gguf"), "does not exist", "model.gguf");

    [Fact]
    public void Folder_in_place_of_a_file() => Fails(CompilerCodes.FileUnreadable, Path.GetTempPath(), "is a folder");

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Impossible_path(string path) => Fails(CompilerCodes.FileUnreadable, path, "cannot be read");

    [Fact]
    public void Empty_file() => Fails(CompilerCodes.ContainerUnknown, GgufBuilder.WriteBytes([]), "is empty (0 bytes)");

    [Fact]
    public void Link_to_an_empty_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need privileges there");
        var target = GgufBuilder.WriteBytes([]);
        var link = target + ".link";
        File.CreateSymbolicLink(link, target);
        Fails(CompilerCodes.ContainerUnknown, link, "is empty (0 bytes)");
    }

    [Theory]
    [InlineData("GG", "4747")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "git lfs pull")]
    [InlineData("PK\u0003\u0004", "zip archive")]
    [InlineData("lmgg....", "before GGUF")]
    [InlineData("\u0010\0\0\0\0\0\0\0{\"a\":1}", "safetensors")]
    public void Other_containers(string start, string hint) =>
        Fails(CompilerCodes.ContainerUnknown, GgufBuilder.WriteBytes(Encoding.Latin1.GetBytes(start)), hint, "47475546 (GGUF)");

    [Theory]
    [InlineData(1u, "version 1 (August 2023)")]
    [InlineData(4u, "version 4 is not known; 2 and 3 are")]
    [InlineData(0u, "version 0 is not known")]
    [InlineData(0x03000000u, "big-endian")]
    public void Other_versions(uint version, string text) => Fails(CompilerCodes.ContainerVersion, new GgufBuilder { Version = version }, "byte 4", text);

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 40)]
    [InlineData(100UL)]
    public void Counts_beyond_the_file(ulong count)
    {
        Fails(CompilerCodes.FileTruncated, Valid() with { TensorCount = count }, "byte 8", $"claims {count} tensors", "bytes left");
        Fails(CompilerCodes.FileTruncated, Valid() with { KeyCount = count }, "byte 16", $"claims {count} metadata keys", "bytes left");
    }

    [Fact]
    public void Truncation_anywhere_is_an_error()
    {
        var bytes = Valid().Builder.Build();
        for (var length = 1; length < bytes.Length; length++)
        {
            var error = Assert.Throws<ModelPackException>(() => Open(GgufBuilder.WriteBytes(bytes[..length])));
            Assert.Contains(error.Code, new[] { CompilerCodes.ContainerUnknown, CompilerCodes.FileTruncated, CompilerCodes.TensorPlacement });
        }
    }

    [Fact]
    public void String_longer_than_the_file() =>
        Fails(CompilerCodes.FileTruncated, new GgufBuilder().Raw("name", 8, [.. BitConverter.GetBytes(1UL << 62), 65]), "string 0 of 1 of metadata 'name'", $"{1UL << 62}", "left");

    [Fact]
    public void Key_longer_than_the_file() =>
        Fails(CompilerCodes.FileTruncated, new GgufBuilder().RawEntry([.. BitConverter.GetBytes(ulong.MaxValue), .. new byte[16]]), "metadata key #0", $"{ulong.MaxValue}");

    [Fact]
    public void Array_longer_than_the_file()
    {
        byte[] Array(uint type, ulong count) => [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(count), 0, 0];
        Fails(CompilerCodes.FileTruncated, new GgufBuilder().Raw("a", 9, Array(12, ulong.MaxValue / 2)), "metadata 'a'", $"{ulong.MaxValue / 2} × 8", "left");
        Fails(CompilerCodes.FileTruncated, new GgufBuilder().Raw("a", 9, Array(8, 1UL << 61)), "metadata 'a'", $"{1UL << 61} × 8", "left");
        Fails(CompilerCodes.FileTruncated, new GgufBuilder().Raw("a", 9, Array(9, 1UL << 61)), "metadata 'a'");
    }

    [Fact]
    public void Arrays_nested_too_deeply()
    {
        byte[] payload = [];
        for (var i = 0; i < 2000; i++)
        {
            payload = [.. BitConverter.GetBytes(9u), .. BitConverter.GetBytes(1UL), .. payload];
        }

        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().Raw("deep", 9, payload), "metadata 'deep'", "nested too deeply");
    }

    [Fact]
    public void Value_type_that_does_not_exist()
    {
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().Raw("a", 13, new byte[8]), "metadata 'a' has value type 13; 0 to 12 exist");
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().AddArray("a", 99, [new byte[8]]), "metadata 'a'", "type 99");
    }

    [Fact]
    public void Bool_that_is_neither()
    {
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().Raw("flag", 7, [2]), "metadata 'flag' is a Bool with value 2; 0 or 1");
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().AddArray("flags", 7, [[1], [0], [9]]), "metadata 'flags' is a Bool with value 9");
    }

    [Fact]
    public void Names_that_are_no_text()
    {
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().Add("", 1u), "metadata key #0 is empty");
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().Tensor("a\0b", [1], [1]), "tensor #0", "zero byte");
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().RawEntry([.. GgufBuilder.String([0xFF, 0x80]), .. new byte[8]]), "not valid UTF-8 (FF80");
    }

    [Fact]
    public void The_same_name_twice()
    {
        Fails(CompilerCodes.NameDuplicate, new GgufBuilder().Add("k", 1u).Add("k", 2u), "'k' (#1) is there twice");
        Fails(CompilerCodes.NameDuplicate, new GgufBuilder().Tensor("w", [1], [1]).Tensor("w", [1], [2]), "tensor 'w' (#1)");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(48u)]
    [InlineData(1u << 30)]
    public void Alignment_that_is_none(uint alignment) =>
        Fails(CompilerCodes.HeaderMalformed, new GgufBuilder().Add("general.alignment", alignment), "'general.alignment'", $"is {alignment}", "power of two");

    [Fact]
    public void Alignment_of_another_type() =>
        Fails(CompilerCodes.MetadataType, new GgufBuilder().Add("general.alignment", "32"), "'general.alignment'", "an integer", "String");

    [Fact]
    public void Dimensions_that_are_impossible()
    {
        Fails(CompilerCodes.TensorShape, new GgufBuilder().Tensor("w", [], [1]), "tensor 'w' has 0 dimensions; 1 to 4");
        Fails(CompilerCodes.TensorShape, new GgufBuilder().Tensor("w", [1, 1, 1, 1, 1], [1]), "tensor 'w' has 5 dimensions; 1 to 4");
        Fails(CompilerCodes.TensorShape, new GgufBuilder().Tensor("w", [2, 0], []), "dimension 0 of tensor 'w' is 0");
        Fails(CompilerCodes.TensorShape, new GgufBuilder().Tensor("w", [-1], []), "dimension 0 of tensor 'w' is 18446744073709551615", "63 bits");
        Fails(CompilerCodes.TensorShape, new GgufBuilder().Tensor("w", [1L << 32, 1L << 32], []), "dimension 1 of tensor 'w'", "63 bits");
        Fails(CompilerCodes.TensorShape, new GgufBuilder().Tensor("w", [2, 48], 3, new byte[40]), "tensor 'w' of shape [2, 48]", "no whole number of Q4_1 blocks of 32");
    }

    [Theory]
    [InlineData(31u, "type 31 (Q4_0 repacked")]
    [InlineData(4_000_000_000u, "type 4000000000,")]
    public void Tensor_type_that_is_not_read(uint type, string text) =>
        Fails(CompilerCodes.TensorTypeUnknown, new GgufBuilder().Tensor("w", [32], type, new byte[32]), "tensor 'w'", text, EncodingTable.KnownNames, "Q4_K (12)");

    [Fact]
    public void Tensors_in_impossible_places()
    {
        Fails(CompilerCodes.TensorPlacement, new GgufBuilder().Tensor("w", [4], 0, new byte[16], offset: 8), "tensor 'w' starts at offset 8", "alignment 32");
        Fails(CompilerCodes.TensorPlacement, new GgufBuilder().Tensor("w", [4], 0, new byte[16], offset: 1 << 20), "tensor 'w' (F32 [4], 16 bytes) would end at byte", "but the file has");
        Fails(CompilerCodes.TensorPlacement, new GgufBuilder().Tensor("w", [4], 0, new byte[16], offset: ulong.MaxValue - 31), "tensor 'w'", "would end at byte 184467440737095");
        Fails(CompilerCodes.TensorPlacement, new GgufBuilder().Tensor("w", [1 << 20], 0, new byte[16]), "tensor 'w'", "4194304 bytes");
        Fails(
            CompilerCodes.TensorPlacement,
            new GgufBuilder().Tensor("a", [16], 0, new byte[64]).Tensor("b", [16], 0, new byte[64], offset: 32),
            "tensor 'a' ends at byte", "tensor 'b' starts at byte", "overlap");
    }

    [Fact]
    public void Limits_are_kept()
    {
        var limits = ImportLimits.Default;
        var file = Valid().Builder;
        Fails(CompilerCodes.ImportLimit, file, limits with { Tensors = 1 }, "2 tensors; the limit is 1");
        Fails(CompilerCodes.ImportLimit, file, limits with { Keys = 1 }, "2 metadata keys; the limit is 1");
        Fails(CompilerCodes.ImportLimit, file, limits with { HeaderBytes = 100 }, "limit of 100 bytes");
        Fails(CompilerCodes.ImportLimit, file, limits with { ArrayElements = 1 }, "metadata 'tokens' is an array of 2 values; the limit is 1");
        Fails(CompilerCodes.ImportLimit, file, limits with { NameBytes = 3 }, "at most 3 are accepted");
        Fails(CompilerCodes.ImportLimit, file, limits with { RowBytes = 15 }, "tensor 'a' has rows of 16 bytes; the limit is 15");
        Fails(CompilerCodes.ImportLimit, file, limits with { Elements = 11 }, "tensor 'b' of shape [1, 4]", "12 weights; the limit is 11");
    }

    [Fact]
    public void Model_beyond_the_default_limit() =>
        Fails(CompilerCodes.ImportLimit, new GgufBuilder().Tensor("w", [1L << 20, 1L << 20], []), "1099511627776 weights; the limit is 68719476736");

    [Fact]
    public void Metadata_that_is_missing_or_of_another_type()
    {
        var path = new GgufBuilder().Add("s", "text").Add("i", 5u).Add("f", 1f).Add("b", true).AddFloats("fs", 1f).Add("big", ulong.MaxValue)
            .Raw("bad", 8, GgufBuilder.String([0xC3])).AddIntegers("is", 1).Write();
        using var source = ModelSource.Open(path);
        var m = source.Metadata;

        Throws(CompilerCodes.MetadataMissing, () => m.GetString("absent"), path, "no metadata 'absent'", "a String");
        Throws(CompilerCodes.MetadataType, () => m.GetString("i"), "'i'", "should be a String but is UInt32");
        Throws(CompilerCodes.MetadataType, () => m.GetInteger("f"), "'f'", "should be an integer but is Float32");
        Throws(CompilerCodes.MetadataType, () => m.GetInteger("b"), "Bool");
        Throws(CompilerCodes.MetadataType, () => m.GetInteger("is"), "an array of 1 Int32");
        Throws(CompilerCodes.MetadataType, () => m.GetFloat("i"), "a Float32 or Float64", "UInt32");
        Throws(CompilerCodes.MetadataType, () => m.GetFloat("fs"), "a Float32 or Float64", "an array of 1 Float32");
        Throws(CompilerCodes.MetadataType, () => m.GetBoolean("i"), "a Bool", "UInt32");
        Throws(CompilerCodes.MetadataType, () => m.GetStringArray("s"), "an array of String but is String");
        Throws(CompilerCodes.MetadataType, () => m.GetIntegerArray("fs"), "an array of integers but is an array of 1 Float32");
        Throws(CompilerCodes.MetadataType, () => m.GetFloatArray("is"), "array of 1 Int32");
        Throws(CompilerCodes.MetadataType, () => m.GetInteger("big"), "18446744073709551615", "at most 9223372036854775807");
        Throws(CompilerCodes.MetadataType, () => m.GetString("bad"), "'bad'", "not valid UTF-8 (C3");
    }

    [Fact]
    public void Weights_that_are_no_numbers()
    {
        var q4 = new byte[2 * 20];
        q4[20 + 3] = 0x7E;
        var path = new GgufBuilder()
            .Tensor("plain", [2, 3], [1, 2, 3, 4, float.NaN, 6])
            .Tensor("blocks", [1, 64], 3, q4)
            .Tensor("integers", [2], 27, [.. BitConverter.GetBytes(1L), .. BitConverter.GetBytes((1L << 60) + 1)])
            .Write();
        using var source = ModelSource.Open(path);

        Throws(CompilerCodes.WeightNotFinite, () => FiniteCheck.Tensor(source, source.Find("plain")!), path, "element 1 of row 1 of tensor 'plain' (F32", "NaN");
        Throws(CompilerCodes.WeightNotFinite, () => FiniteCheck.Tensor(source, source.Find("blocks")!), "element 32 of row 0 of tensor 'blocks' (Q4_1", "block whose scale");
        Throws(CompilerCodes.WeightInexact, () => FiniteCheck.Tensor(source, source.Find("integers")!), "element 1 of row 0 of tensor 'integers' (I64", "no 32-bit float");
    }

    [Fact]
    public void A_closed_source_says_so()
    {
        var source = ModelSource.Open(Valid().Builder.Write());
        var tensor = source.Tensors[0];
        source.Dispose();
        source.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.RowBytes(0).Length);
    }

    /// <summary>A valid file, and counts that override its own.</summary>
    private sealed record Case(GgufBuilder Builder)
    {
        public ulong? TensorCount { init => Builder.TensorCount = value; }

        public ulong? KeyCount { init => Builder.KeyCount = value; }
    }

    private static Case Valid() => new(new GgufBuilder()
        .Add("general.architecture", "llama").AddStrings("tokens", "a", "b").Tensor("a", [2, 4], new float[8]).Tensor("b", [1, 4], new float[4]));

    private static void Open(string path, ImportLimits? limits = null) => ContainerTable.Open(path, limits ?? ImportLimits.Default).Dispose();

    private static void Fails(string code, Case file, params string[] texts) => Fails(code, file.Builder, texts);

    private static void Fails(string code, GgufBuilder file, params string[] texts) => Fails(code, file, ImportLimits.Default, texts);

    private static void Fails(string code, GgufBuilder file, ImportLimits limits, params string[] texts)
    {
        var path = file.Write();
        Throws(code, () => Open(path, limits), [path, .. texts]);
    }

    private static void Fails(string code, string path, params string[] texts) => Throws(code, () => Open(path), texts);

    private static void Throws(string code, Action action, params string[] texts)
    {
        var error = Assert.Throws<ModelPackException>(action);
        Assert.Equal(code, error.Code);
        Assert.All(texts, text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
    }

    private static void Throws(string code, Func<object> action, params string[] texts) => Throws(code, () => { _ = action(); }, texts);
}
