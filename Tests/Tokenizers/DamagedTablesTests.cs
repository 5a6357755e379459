using System.Runtime.InteropServices;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

/// <summary>Damaged tables give an MP error or some result, never a read outside them (a crash would end the test run) or another exception.</summary>
public unsafe class DamagedTablesTests
{
    private const string Text = "Hello wörld, it's 12345 <|im_start|> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\n 日本 🦙 \u0301 </s>";

    public static TheoryData<string> Sources => ["bpe", "spm"];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Flipped_bytes_do_no_harm(string which)
    {
        var tables = TokenizerTableBuilder.Build(Source(which));
        var random = new Random(7);
        for (var round = 0; round < 3000; round++)
        {
            var damaged = (byte[])tables.Clone();
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                // Half of the damage goes to the header and to the first table, which decide most.
                var at = random.Next(2) == 0 ? random.Next(8, 400) : random.Next(damaged.Length);
                damaged[at] = random.Next(3) switch { 0 => 0xFF, 1 => 0, _ => (byte)random.Next(256) };
            }

            Use(damaged);
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_length_but_the_right_one_is_refused(string which)
    {
        var tables = TokenizerTableBuilder.Build(Source(which));
        foreach (var length in Enumerable.Range(0, 300).Concat([tables.Length - 1, tables.Length / 2]))
        {
            Assert.Equal("MP5001", Assert.Throws<ModelPackException>(() => BuiltTokenizer.Open(tables[..length])).Code);
        }

        Assert.Equal("MP5001", Assert.Throws<ModelPackException>(() => BuiltTokenizer.Open([.. tables, 0])).Code);
        Assert.Equal("MP5001", Assert.Throws<ModelPackException>(() => Tokenizer.Open(null, 1000)).Code);
    }

    [Fact]
    public void Wrong_magic_version_model_and_pre_tokenizer_are_told_apart()
    {
        var tables = TokenizerTableBuilder.Build(Source("bpe"));
        Assert.Equal("MP5001", Code(TokenizerLayout.MagicAt, 0));
        Assert.Equal("MP5004", Code(TokenizerLayout.VersionAt, 9));
        Assert.Equal("MP5001", Code(TokenizerLayout.ModelAt, 7));
        Assert.Equal("MP5001", Code(TokenizerLayout.PreTokenizerAt, 200));

        string Code(int at, byte value)
        {
            var damaged = (byte[])tables.Clone();
            damaged[at] = value;
            return Assert.Throws<ModelPackException>(() => BuiltTokenizer.Open(damaged)).Code;
        }
    }

    internal static TokenizerSource Source(string which) => which == "bpe"
        ? BuiltTokenizer.Small(PreTokenizerKind.Qwen2, ["H e", "l l", "ll o", "He llo", "a a", "aa aa", "1 2"], "<|im_start|>", "<|im_end|>", "</s>") with { Nfc = true, Eos = 264 }
        : new TokenizerSource
        {
            Model = TokenizerLayout.Model.SentencePiece,
            Tokens = [.. new[] { "<unk>", "<s>", "</s>", "▁", "▁H", "H", "e", "l", "o", "ll", "aa", "a", "aaaa" }.Select(System.Text.Encoding.UTF8.GetBytes), .. Enumerable.Range(0, 256).Select(b => System.Text.Encoding.ASCII.GetBytes($"<0x{b:X2}>"))],
            Types = [2, 3, 3, .. Enumerable.Repeat(1, 10), .. Enumerable.Repeat(6, 256)],
            Scores = [.. Enumerable.Range(0, 269).Select(i => -(float)i)],
            AddBos = true,
            Bos = 1,
            Eos = 2,
            Unknown = 0,
            AddSpacePrefix = true,
        };

    private static void Use(byte[] tables)
    {
        var memory = (byte*)NativeMemory.Alloc((nuint)tables.Length);
        try
        {
            tables.CopyTo(new Span<byte>(memory, tables.Length));
            var tokenizer = Tokenizer.Open(memory, tables.Length);
            var ids = tokenizer.Encode(Text);
            tokenizer.Decode(ids, special: true);
            for (var id = 0; id < Math.Min(tokenizer.VocabularySize, 300); id++)
            {
                tokenizer.IsEndOfGeneration(id);
                tokenizer.CreateDecoder().Append(id);
            }
        }
        catch (ModelPackException e)
        {
            Assert.Contains(e.Code, new[] { "MP5001", "MP5004", "MP5202" });
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }
}
