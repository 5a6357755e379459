using ModelPack.Compiler.Import;
using ModelPack.Compiler.Tokenizers;
using ModelPack.Entropy;

namespace ModelPack.Tests.Tokenizers;

/// <summary>Tables as a pack keeps them come back to the byte, and damage to them is an error.</summary>
public class CompactTokenizerTests
{
    [Theory]
    [MemberData(nameof(DamagedTablesTests.Sources), MemberType = typeof(DamagedTablesTests))]
    public void Small_tables_come_back(string which) => Same(TokenizerTableBuilder.Build(DamagedTablesTests.Source(which)));

    [Theory]
    [InlineData("gpt-2", 0.45)]
    [InlineData("deepseek-coder", 0.45)]
    [InlineData("llama-spm", 0.8)]
    [InlineData("phi-3", 0.8)]
    public void Real_tables_come_back_smaller(string name, double part)
    {
        using var source = ModelSource.Open(SharedData.Path($"tokenizers/ggml-vocab-{name}.gguf"));
        var tables = TokenizerTableBuilder.Build(GgufTokenizer.Read(source.Metadata));
        Assert.InRange(Same(tables), 1, (int)(part * tables.Length));
    }

    [Fact]
    public void A_token_without_merge_keeps_its_text()
    {
        // "ab" is there before "a b" merges: what makes it comes later than what needs it.
        Same(TokenizerTableBuilder.Build(BuiltTokenizer.Small(PreTokenizerKind.Gpt2, ["a b", "ab c", "abc d", "c d"], "<s>")));
    }

    [Theory]
    [MemberData(nameof(DamagedTablesTests.Sources), MemberType = typeof(DamagedTablesTests))]
    public void Damage_is_an_error_or_other_tables(string which)
    {
        var tables = TokenizerTableBuilder.Build(DamagedTablesTests.Source(which));
        var compact = TokenizerCompactor.Compact(tables)!;
        var random = new Random(3);
        for (var round = 0; round < 4000; round++)
        {
            var damaged = (byte[])compact.Clone();
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = random.Next(3) switch { 0 => 0xFF, 1 => 0, _ => (byte)random.Next(256) };
            }

            Expand(damaged, tables.Length);
        }

        for (var length = 0; length < compact.Length; length++)
        {
            Assert.False(Expand(compact[..length], tables.Length));
        }

        Assert.False(Expand([.. compact, 0], tables.Length));
        Assert.False(Expand(compact, tables.Length - 1));
        Assert.False(Expand(compact, tables.Length + 1));
    }

    private static bool Expand(byte[] compact, int length)
    {
        try
        {
            CompactTokenizer.Expand(compact, new byte[length]);
            return true;
        }
        catch (CorruptStreamException)
        {
            return false;
        }
    }

    private static int Same(byte[] tables)
    {
        var compact = TokenizerCompactor.Compact(tables);
        Assert.NotNull(compact);
        var back = new byte[tables.Length];
        CompactTokenizer.Expand(compact, back);
        Assert.Equal(tables, back);
        return compact.Length;
    }
}
