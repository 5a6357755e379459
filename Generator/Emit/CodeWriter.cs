using System;
using System.Text;

namespace ModelPack.Generator.Emit;

/// <summary>Lines of C# with four spaces a level and LF at their ends, on every machine.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _level;

    public void Line(string text = "")
    {
        if (text.Length > 0)
        {
            _text.Append(' ', 4 * _level).Append(text);
        }

        _text.Append('\n');
    }

    /// <summary>Several lines, each indented by the current level; the raw strings of the source have whatever line ends git gave them.</summary>
    public void Lines(string text)
    {
        foreach (var line in text.Replace("\r\n", "\n").Split('\n'))
        {
            Line(line);
        }
    }

    /// <summary>What is written until the result is disposed lies between braces.</summary>
    public IDisposable Block(string head, string foot = "}")
    {
        if (head.Length > 0)
        {
            Line(head);
        }

        Line("{");
        _level++;
        return new BlockEnd(this, foot);
    }

    /// <summary>What is written until the result is disposed is one level deeper.</summary>
    public IDisposable Indent()
    {
        _level++;
        return new BlockEnd(this, null);
    }

    public override string ToString() => _text.ToString();

    private sealed class BlockEnd(CodeWriter writer, string? foot) : IDisposable
    {
        public void Dispose()
        {
            writer._level--;
            if (foot is not null)
            {
                writer.Line(foot);
            }
        }
    }
}
