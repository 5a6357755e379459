extern alias generator;

using generator::ModelPack.Generator.Emit;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ModelPack.Tests.Generator;

public class CSharpTextTests
{
    [Theory]
    [InlineData(1e-5f, "1e-5f")]
    [InlineData(1f, "1f")]
    [InlineData(10000f, "10000f")]
    [InlineData(500000f, "500000f")]
    [InlineData(0.25f, "0.25f")]
    [InlineData(-0.001f, "-0.001f")]
    [InlineData(0.17677669f, "0.17677669f")]
    [InlineData(1.5f, "1.5f")]
    [InlineData(123.456f, "123.456f")]
    [InlineData(3.4028235e38f, "3.4028235e38f")]
    public void Floats_are_printed_as_one_would_write_them(float value, string expected) =>
        Assert.Equal(expected, CSharpText.Float(BitConverter.SingleToInt32Bits(value)));

    [Fact]
    public void The_compiler_reads_the_bits_that_were_printed()
    {
        var random = new Random(4);
        int[] special = [0, int.MinValue, 1, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, unchecked((int)0x80000001)];
        foreach (var bits in Enumerable.Range(0, 20_000).Select(_ => random.Next(int.MinValue, int.MaxValue)).Concat(special).Where(b => float.IsFinite(BitConverter.Int32BitsToSingle(b))))
        {
            var expression = SyntaxFactory.ParseExpression(CSharpText.Float(bits));
            var literal = (LiteralExpressionSyntax)(expression is PrefixUnaryExpressionSyntax minus ? minus.Operand : expression);
            Assert.False(expression.ContainsDiagnostics);
            var magnitude = (float)literal.Token.Value!;
            Assert.Equal(bits, BitConverter.SingleToInt32Bits(expression is PrefixUnaryExpressionSyntax ? -magnitude : magnitude));
        }
    }

    [Fact]
    public void What_is_not_finite_is_printed_by_its_bits() =>
        Assert.Equal("global::System.BitConverter.Int32BitsToSingle(unchecked((int)0xFF800000))", CSharpText.Float(unchecked((int)0xFF800000)));

    [Theory]
    [InlineData(new[] { "blk.0.q", "blk.1.q", "blk.2.q" }, "blk.{i}.q")]
    [InlineData(new[] { "h2.blk.4.q", "h2.blk.5.q" }, "h2.blk.{4 + i}.q")]
    [InlineData(new[] { "a", "b" }, "a …")]
    [InlineData(new[] { "only" }, "only")]
    public void Names_of_layers_are_said_in_one(string[] names, string expected) => Assert.Equal(expected, LayerPattern.Name(names));
}
