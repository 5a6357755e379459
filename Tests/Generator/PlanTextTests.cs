using System.Globalization;
using ModelPack.Plan;

namespace ModelPack.Tests.Generator;

public class PlanTextTests
{
    [Fact]
    public void A_shape_comes_back_as_it_was()
    {
        var shape = SamplePlan.Shape();
        var read = PlanText.ReadShape(PlanText.Write(shape));
        Assert.Null(read.Error);
        Assert.Equal(shape, read.Value);
    }

    [Fact]
    public void A_plan_comes_back_as_it_was()
    {
        var plan = SamplePlan.Plan();
        var read = PlanText.ReadPlan(PlanText.Write(plan));
        Assert.Null(read.Error);
        Assert.Equal(plan, read.Value);
    }

    [Fact]
    public void A_memory_budget_comes_back_as_it_was_and_none_has_no_line()
    {
        Assert.DoesNotContain("memory-budget", PlanText.Write(SamplePlan.Plan()), StringComparison.Ordinal);
        var plan = SamplePlan.Plan() with { MemoryBudget = long.MaxValue };
        Assert.Equal(plan, PlanText.ReadPlan(PlanText.Write(plan)).Value);
        Assert.NotNull(PlanText.ReadPlan(PlanText.Write(plan).Replace($"budget {long.MaxValue}", "budget 0", StringComparison.Ordinal)).Error);
    }

    [Fact]
    public void Rungs_come_back_as_they_were_and_are_those_of_the_runtime()
    {
        var plan = SamplePlan.Plan() with { CompactFor = new(["Avx512", "Avx2"]), MemoryBudget = 7 };
        Assert.Equal(plan, PlanText.ReadPlan(PlanText.Write(plan)).Value);
        Assert.Empty(PlanCheck.Problems(plan));
        Assert.Contains("compact-for 'Avx1024': expected one of Scalar", Assert.Single(PlanCheck.Problems(plan with { CompactFor = new(["Avx1024"]) })), StringComparison.Ordinal);
        Assert.Equal(Enum.GetNames<KernelSet>().Skip(1), PlanCheck.Rungs);
    }

    [Theory]
    [InlineData("one line")]
    [InlineData("{% if x %}\n  {{ \"a\" }}\r\n\n{% endif %}\n")]
    [InlineData("\n")]
    public void A_chat_template_comes_back_as_it_was(string template)
    {
        var plan = SamplePlan.Plan() with { Shape = SamplePlan.Shape() with { ChatTemplate = template } };
        var text = PlanText.Write(plan);
        Assert.Equal(plan, PlanText.ReadPlan(text).Value);
        Assert.Equal(template, PlanText.ReadShape(PlanText.Write(plan.Shape)).Value!.ChatTemplate);
        Assert.Equal(template.Count(c => c == '\n') + 1, text.Split('\n').Count(l => l.StartsWith("chat ", StringComparison.Ordinal)));
        Assert.NotEqual(SamplePlan.Plan(), plan);
    }

    [Fact]
    public void Line_ends_of_Windows_are_read_too() =>
        Assert.Equal(SamplePlan.Plan(), PlanText.ReadPlan(PlanText.Write(SamplePlan.Plan()).Replace("\n", "\r\n", StringComparison.Ordinal)).Value);

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("\"quoted\" and \\ back")]
    [InlineData("line\nbreak\r\n\ttab \0 nul \u2028 \u0085 \u202E bidi")]
    [InlineData("Grüße, 你好, 👋🏽, \uE000")]
    [InlineData("lone \uD800 surrogates \uDC00")]
    public void Any_string_survives_on_one_line(string value)
    {
        var shape = SamplePlan.Shape(name: value) with { Facts = new([new(value, value)]) };
        var text = PlanText.Write(shape);
        Assert.Equal(PlanText.Write(SamplePlan.Shape() with { Facts = new([new("a", "b")]) }).Split('\n').Length, text.Split('\n').Length);
        Assert.DoesNotContain('\u202E', text);
        Assert.Equal(shape, PlanText.ReadShape(text).Value);
    }

    [Theory]
    [InlineData(0x00000000)]
    [InlineData(unchecked((int)0x80000000))] // -0
    [InlineData(0x3727C5AC)] // 1e-5
    [InlineData(0x7F7FFFFF)] // the largest
    [InlineData(0x00000001)] // the smallest
    [InlineData(unchecked((int)0xFF800000))] // minus infinity
    [InlineData(0x7FC00001)] // a NaN with a payload
    [InlineData(0x3E3504F3)] // 1/sqrt(32)
    public void Any_float_keeps_its_bits(int bits) => Assert.Equal(PlanOperand.FloatBits(bits), RoundTrip(PlanOperand.FloatBits(bits)));

    [Fact]
    public void Every_kind_of_operand_comes_back()
    {
        PlanOperand[] operands =
        [
            PlanOperand.Buffer("x"), PlanOperand.Buffer("f32", 0, 7), PlanOperand.Buffer("qkv", 64, 0), PlanOperand.Logits, PlanOperand.Weight(0), PlanOperand.Weight(int.MaxValue),
            PlanOperand.Slot("A"), PlanOperand.NoWeight, PlanOperand.Layer, PlanOperand.Integer(int.MinValue), PlanOperand.Integer(7), PlanOperand.Boolean(true),
            PlanOperand.Boolean(false), PlanOperand.FloatBits(-1),
        ];
        Assert.Equal(Enum.GetValues<PlanOperandKind>().Order(), operands.Select(o => o.Kind).Distinct().Order());
        Assert.All(operands, operand => Assert.Equal(operand, RoundTrip(operand)));
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_culture()
    {
        var expected = PlanText.Write(SamplePlan.Plan());
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NegativeSign = "minus", NumberDecimalSeparator = ";" } };
            Assert.Equal(expected, PlanText.Write(SamplePlan.Plan()));
            Assert.Equal(SamplePlan.Plan(), PlanText.ReadPlan(expected).Value);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void An_error_says_line_column_expected_and_got()
    {
        var text = PlanText.Write(SamplePlan.Shape()).Replace("kv-heads 2", "kv-heads many", StringComparison.Ordinal);
        var error = PlanText.ReadShape(text).Error;
        Assert.NotNull(error);
        Assert.Equal("kv-heads many", text.Split('\n')[error.Line - 1]);
        Assert.Equal(10, error.Column);
        Assert.Equal("a number, an integer from 0 to 2147483647", error.Expected);
        Assert.Equal("'many'", error.Got);
    }

    [Fact]
    public void A_newer_version_is_told_from_a_malformed_text()
    {
        var newer = PlanText.Write(SamplePlan.Shape()).Replace("modelpack-shape 1", "modelpack-shape 2", StringComparison.Ordinal);
        Assert.True(PlanText.ReadShape(newer).Error!.IsNewerVersion);
        Assert.False(PlanText.ReadShape("modelpack-shape 0\n").Error!.IsNewerVersion);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("{ \"json\": true }")]
    [InlineData("modelpack-shape")]
    [InlineData("modelpack-shape 99999999999999999999")]
    [InlineData("modelpack-plan 1\n")]
    public void What_is_no_shape_is_an_error(string text) => Assert.NotNull(PlanText.ReadShape(text).Error);

    [Fact]
    public void A_text_cut_short_anywhere_is_an_error()
    {
        var text = PlanText.Write(SamplePlan.Plan());
        for (var length = 0; length < text.Length - 1; length++)
        {
            Assert.NotNull(PlanText.ReadPlan(text[..length]).Error);
        }
    }

    [Fact]
    public void Text_after_the_end_is_an_error() => Assert.NotNull(PlanText.ReadShape(PlanText.Write(SamplePlan.Shape()) + "fact \"a\" \"b\"\n").Error);

    [Fact]
    public void A_string_beyond_the_limit_is_an_error()
    {
        var shape = SamplePlan.Shape(name: new string('a', PlanText.MaxStringLength + 1));
        Assert.Contains(PlanText.MaxStringLength.ToString(CultureInfo.InvariantCulture), PlanText.ReadShape(PlanText.Write(shape)).Error!.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_beyond_the_limit_is_an_error() =>
        Assert.Contains("at most", PlanText.ReadShape(new string(' ', PlanText.MaxTextLength + 1)).Error!.Expected, StringComparison.Ordinal);

    [Fact]
    public void The_writer_refuses_names_that_the_reader_would_refuse()
    {
        Assert.Throws<ArgumentException>(() => RoundTrip(PlanOperand.Slot("a b")));
        Assert.Throws<ArgumentException>(() => PlanText.Write(SamplePlan.Shape() with { Accessors = new([new("a..b", new([0]))]) }));
        Assert.Throws<ArgumentException>(() => PlanText.Write(SamplePlan.Plan() with { Steps = new([new(null, null)]) }));
    }

    [Fact]
    public void Damaged_texts_never_throw()
    {
        var original = PlanText.Write(SamplePlan.Plan());
        const string Alphabet = "0123456789 \n\r\"\\#@.[],-:()abcfuxend\0é\uD800";
        var random = new Random(20261124);
        var accepted = 0;
        for (var round = 0; round < 5_000; round++)
        {
            var text = new System.Text.StringBuilder(original);
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                var position = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0:
                        text[position] = Alphabet[random.Next(Alphabet.Length)];
                        break;
                    case 1:
                        text.Insert(position, Alphabet[random.Next(Alphabet.Length)]);
                        break;
                    case 2:
                        text.Remove(position, Math.Min(random.Next(1, 200), text.Length - position));
                        break;
                    default:
                        text.Insert(position, original.AsSpan(random.Next(original.Length - 100), 100));
                        break;
                }
            }

            var damaged = text.ToString();
            var read = PlanText.ReadPlan(damaged);
            Assert.True(read.Value is null != read.Error is null);
            if (read.Value is not null)
            {
                accepted++;
                Assert.Equal(read.Value, PlanText.ReadPlan(PlanText.Write(read.Value)).Value);
            }
            else
            {
                Assert.InRange(read.Error!.Line, 1, damaged.Split('\n').Length);
            }
        }

        Assert.InRange(accepted, 1, 4_999);
    }

    private static PlanOperand RoundTrip(PlanOperand operand)
    {
        var plan = SamplePlan.Plan() with { Steps = new([new(new("Op", new([operand]), "comment"), null)]) };
        var read = PlanText.ReadPlan(PlanText.Write(plan));
        Assert.Null(read.Error);
        return read.Value!.Steps[0].Call!.Operands[0];
    }
}
