using System;

namespace ModelPack.Jinja;

/// <summary>A template that is not Jinja, or beyond the part of it that is translated.</summary>
internal sealed class JinjaException : Exception
{
    /// <param name="line">1-based line of the template.</param>
    /// <param name="what">The construct and what is wrong with it.</param>
    public JinjaException(int line, string what)
        : base(what) => Line = line;

    public int Line { get; }
}
