using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace ModelPack.Generator.Diagnostics;

/// <summary>A diagnostic as plain data, so that steps holding it compare by value and keep no compilation alive.</summary>
/// <param name="Descriptor">One of <see cref="GeneratorCodes"/>.</param>
/// <param name="Path">The file it is about; empty: the project.</param>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based.</param>
/// <param name="Message">What, where, expected and got, what to do.</param>
internal sealed record Problem(DiagnosticDescriptor Descriptor, string Path, int Line, int Column, string Message)
{
    public Diagnostic ToDiagnostic()
    {
        var position = new LinePosition(Math.Max(Line - 1, 0), Math.Max(Column - 1, 0));
        var location = Path.Length == 0 ? Location.None : Location.Create(Path, default, new(position, position));
        return Diagnostic.Create(Descriptor, location, Message);
    }
}
