using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace ModelPack.Plan;

/// <summary>Writes the lines that <see cref="PlanTextReader"/> reads, in the order in which it wants them.</summary>
internal sealed class PlanTextWriter
{
    private readonly StringBuilder _text = new();

    public string Shape(ModelShapeFile shape)
    {
        Line(PlanText.ShapeHeader).Number(PlanText.Version).End();
        ShapeBody(shape);
        Line("end").End();
        return _text.ToString();
    }

    public string Plan(ModelPlan plan)
    {
        Line(PlanText.PlanHeader).Number(PlanText.Version).End();
        Line("compiler").Quoted(plan.CompilerVersion).End();
        Line("pack-hash").Quoted(plan.PackHash).End();
        Line("pack-bytes").Number(plan.PackBytes).End();
        if (plan.MemoryBudget > 0)
        {
            Line("memory-budget").Number(plan.MemoryBudget).End();
        }

        foreach (var rung in plan.CompactFor)
        {
            Line("compact-for").Identifier(rung).End();
        }

        ShapeBody(plan.Shape);
        foreach (var format in plan.Formats)
        {
            Line("format").Quoted(format).End();
        }

        foreach (var buffer in plan.Buffers)
        {
            Line("buffer").Identifier(buffer.Name).Number(buffer.Offset).Number(buffer.Width).Quoted(buffer.Comment).End();
        }

        foreach (var template in plan.Templates)
        {
            Template(template);
        }

        foreach (var step in plan.Steps)
        {
            Step(step);
        }

        Line("end").End();
        return _text.ToString();
    }

    private void ShapeBody(ModelShapeFile shape)
    {
        Line("name").Quoted(shape.Name).End();
        Line("namespace").Quoted(shape.Namespace).End();
        foreach (var fact in shape.Facts)
        {
            Line("fact").Quoted(fact.Key).Quoted(fact.Value).End();
        }

        var sizes = shape.Sizes;
        Line("vocabulary-size").Number(sizes.VocabularySize).End();
        Line("context-length").Number(sizes.ContextLength).End();
        Line("arena-floats").Number(sizes.ArenaFloats).End();
        Line("max-width").Number(sizes.MaxWidth).End();
        Line("cache-layers").Number(sizes.CacheLayers).End();
        Line("kv-heads").Number(sizes.KvHeads).End();
        Line("key-length").Number(sizes.KeyLength).End();
        Line("value-length").Number(sizes.ValueLength).End();
        foreach (var weight in shape.Weights)
        {
            Line("weight").Quoted(weight.Name).Number(weight.Rows).Number(weight.Columns).End();
        }

        foreach (var accessor in shape.Accessors)
        {
            if (!PlanText.IsDottedIdentifier(accessor.Path))
            {
                throw new ArgumentException($"accessor path '{accessor.Path}' is not made of ASCII identifiers", nameof(shape));
            }

            Line("accessor").Word(accessor.Path).Numbers(accessor.Weights).End();
        }

        if (shape.ChatTemplate.Length > 0)
        {
            foreach (var line in shape.ChatTemplate.Split('\n'))
            {
                Line("chat").Quoted(line).End();
            }
        }
    }

    private void Template(PlanTemplate template)
    {
        Line("template").Identifier(template.Name).End();
        Line("slots");
        foreach (var slot in template.Slots)
        {
            Identifier(slot);
        }

        End();
        foreach (var call in template.Calls)
        {
            Call(call);
        }

        Line("end").End();
    }

    private void Step(PlanStep step)
    {
        if (step is { Call: { } call, Repeat: null })
        {
            Call(call);
        }
        else if (step is { Call: null, Repeat: { } repeat })
        {
            Line("repeat").Identifier(repeat.Template).Number(repeat.FirstLayer).End();
            foreach (var row in repeat.Rows)
            {
                Line("row").Numbers(row).End();
            }

            Line("end").End();
        }
        else
        {
            throw new ArgumentException("a step is either a call or a repeat", nameof(step));
        }
    }

    private void Call(PlanCall call)
    {
        Line("call").Identifier(call.Op);
        foreach (var operand in call.Operands)
        {
            Operand(operand);
        }

        Quoted(call.Comment).End();
    }

    private void Operand(PlanOperand operand)
    {
        switch (operand.Kind)
        {
            case PlanOperandKind.Buffer:
                Identifier(operand.Text);
                if (operand is not { Offset: 0, Width: 0 })
                {
                    _text.Append('[').Append(Invariant(operand.Offset)).Append(',').Append(Invariant(operand.Width)).Append(']');
                }

                break;
            case PlanOperandKind.Logits:
                Word("@logits");
                break;
            case PlanOperandKind.Weight:
                Word("#" + Invariant(operand.Offset));
                break;
            case PlanOperandKind.Slot:
                Word("." + Checked(operand.Text));
                break;
            case PlanOperandKind.NoWeight:
                Word("@none");
                break;
            case PlanOperandKind.Layer:
                Word("@layer");
                break;
            case PlanOperandKind.Integer:
                Number(operand.Offset);
                break;
            case PlanOperandKind.Boolean:
                Word(operand.Offset != 0 ? "@true" : "@false");
                break;
            case PlanOperandKind.Float:
                var value = BitConverter.ToSingle(BitConverter.GetBytes(operand.Offset), 0);
                Word("f32:" + operand.Offset.ToString("x8", CultureInfo.InvariantCulture) + "(" + value.ToString("R", CultureInfo.InvariantCulture) + ")");
                break;
            default:
                throw new ArgumentException($"operand kind {operand.Kind} has no text form", nameof(operand));
        }
    }

    private PlanTextWriter Line(string keyword)
    {
        _text.Append(keyword);
        return this;
    }

    private PlanTextWriter Word(string word)
    {
        _text.Append(' ').Append(word);
        return this;
    }

    private PlanTextWriter Identifier(string name) => Word(Checked(name));

    private PlanTextWriter Number(long value) => Word(Invariant(value));

    private PlanTextWriter Numbers(IEnumerable<int> values)
    {
        foreach (var value in values)
        {
            Number(value);
        }

        return this;
    }

    private PlanTextWriter Quoted(string value)
    {
        _text.Append(' ');
        PlanTextEscapes.AppendQuoted(_text, value);
        return this;
    }

    private void End() => _text.Append('\n');

    private static string Invariant(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Checked(string name) =>
        PlanText.IsIdentifier(name) ? name : throw new ArgumentException($"'{name}' is not an ASCII identifier", nameof(name));
}
