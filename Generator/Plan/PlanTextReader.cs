using System;
using System.Collections.Generic;

namespace ModelPack.Plan;

/// <summary>Recursive descent over the lines of a shape or a plan. What it allocates is bounded by the text's length.</summary>
internal sealed class PlanTextReader(string text)
{
    private readonly PlanTextScanner _scan = new(text);

    public PlanTextResult<ModelShapeFile> Shape()
    {
        Header(PlanText.ShapeHeader);
        var shape = ShapeBody();
        return Finish(shape);
    }

    public PlanTextResult<ModelPlan> Plan()
    {
        Header(PlanText.PlanHeader);
        var compiler = QuotedLine("compiler");
        var hash = QuotedLine("pack-hash");
        var bytes = NumberLine("pack-bytes", long.MaxValue);
        var budget = OptionalLine("memory-budget");
        var compact = Lines("compact-for", () => _scan.Identifier("a rung"));
        var shape = ShapeBody();
        var plan = new ModelPlan(
            shape,
            compiler,
            hash,
            bytes,
            Lines("format", () => _scan.Quoted("a resident format")),
            Lines("buffer", () => new PlanBuffer(
                _scan.Identifier("a buffer's name"),
                Int("an offset in floats per token"),
                Int("a width in floats"),
                _scan.Quoted("a comment"))),
            Templates(),
            Steps())
        {
            MemoryBudget = budget,
            CompactFor = compact,
        };
        return Finish(plan);
    }

    private PlanTextResult<T> Finish<T>(T value)
        where T : class
    {
        _scan.Expect("end");
        _scan.EndLine();
        _scan.ExpectEndOfText();
        return _scan.Error is null ? new(value, null) : new(null, _scan.Error);
    }

    private void Header(string header)
    {
        _scan.Expect(header);
        var position = _scan.Position;
        var version = _scan.Number("a version", 1, int.MaxValue);
        if (version > PlanText.Version)
        {
            _scan.FailAt(position, $"version {PlanText.Version} or older", newerVersion: true);
        }

        _scan.EndLine();
    }

    private ModelShapeFile ShapeBody() => new(
        QuotedLine("name"),
        QuotedLine("namespace"),
        Lines("fact", () => new PlanFact(_scan.Quoted("a key"), _scan.Quoted("a value"))),
        new(
            IntLine("vocabulary-size"),
            IntLine("context-length"),
            IntLine("arena-floats"),
            IntLine("max-width"),
            IntLine("cache-layers"),
            IntLine("kv-heads"),
            IntLine("key-length"),
            IntLine("value-length")),
        Lines("weight", () => new PlanWeight(_scan.Quoted("a tensor's name"), Int("rows"), Int("columns"))),
        Lines("accessor", Accessor))
    {
        // Initialisers run after the arguments: the template's lines come last.
        ChatTemplate = string.Join("\n", Lines("chat", () => _scan.Quoted("a line of the chat template"))),
    };

    private PlanAccessor Accessor()
    {
        var position = _scan.Position;
        var path = _scan.Word("a path");
        if (!PlanText.IsDottedIdentifier(path))
        {
            _scan.FailAt(position, "a path of ASCII identifiers with dots between them");
        }

        return new(path, Indices());
    }

    private EquatableArray<PlanTemplate> Templates()
    {
        var templates = new List<PlanTemplate>();
        while (_scan.Is("template"))
        {
            var name = _scan.Identifier("a template's name");
            _scan.EndLine();
            _scan.Expect("slots");
            var slots = new List<string>();
            while (_scan.HasMore)
            {
                slots.Add(_scan.Identifier("a slot's name"));
            }

            _scan.EndLine();
            templates.Add(new(name, new(slots), Lines("call", Call)));
            _scan.Expect("end");
            _scan.EndLine();
        }

        return new(templates);
    }

    private EquatableArray<PlanStep> Steps()
    {
        var steps = new List<PlanStep>();
        while (_scan.Is("call") || _scan.Is("repeat"))
        {
            if (_scan.Is("call"))
            {
                steps.Add(new(Call(), null));
            }
            else
            {
                var template = _scan.Identifier("a template's name");
                var firstLayer = Int("the index of a layer");
                _scan.EndLine();
                steps.Add(new(null, new(template, firstLayer, Lines("row", Indices))));
                _scan.Expect("end");
            }

            _scan.EndLine();
        }

        return new(steps);
    }

    private PlanCall Call()
    {
        var op = _scan.Identifier("an operation");
        var operands = new List<PlanOperand>();
        while (_scan.HasMore && !_scan.IsAtQuote)
        {
            operands.Add(Operand());
        }

        return new(op, new(operands), _scan.Quoted("a comment"));
    }

    private PlanOperand Operand()
    {
        var position = _scan.Position;
        var operand = PlanTextOperand.Parse(_scan.Word("an operand"));
        if (operand is null)
        {
            _scan.FailAt(position, "an operand: buffer, buffer[offset,width], #weight, .Slot, integer, f32:bits, @true, @false, @logits, @layer or @none");
        }

        return operand ?? PlanOperand.NoWeight;
    }

    private EquatableArray<T> Lines<T>(string keyword, Func<T> read)
        where T : IEquatable<T>
    {
        var items = new List<T>();
        while (_scan.Is(keyword))
        {
            items.Add(read());
            _scan.EndLine();
        }

        return new(items);
    }

    /// <summary>Indices of weights, −1 for none, up to the end of the line.</summary>
    private EquatableArray<int> Indices()
    {
        var indices = new List<int>();
        while (_scan.HasMore)
        {
            indices.Add((int)_scan.Number("the index of a weight", -1, int.MaxValue));
        }

        return new(indices);
    }

    private int Int(string expected) => (int)_scan.Number(expected, 0, int.MaxValue);

    private int IntLine(string keyword) => (int)NumberLine(keyword, int.MaxValue);

    /// <summary>A positive number; 0 where the line is not there.</summary>
    private long OptionalLine(string keyword)
    {
        if (!_scan.Is(keyword))
        {
            return 0;
        }

        var value = _scan.Number("a number", 1, long.MaxValue);
        _scan.EndLine();
        return value;
    }

    private long NumberLine(string keyword, long most)
    {
        _scan.Expect(keyword);
        var value = _scan.Number("a number", 0, most);
        _scan.EndLine();
        return value;
    }

    private string QuotedLine(string keyword)
    {
        _scan.Expect(keyword);
        var value = _scan.Quoted("a string");
        _scan.EndLine();
        return value;
    }
}
