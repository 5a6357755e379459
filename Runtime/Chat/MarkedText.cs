namespace ModelPack.Templates;

/// <summary>A string that is more than its characters.</summary>
/// <param name="Text">The characters.</param>
/// <param name="Literal">
/// Spans that came from messages: start and end in turn, ascending, in UTF-16 units. In them the tokenizer recognises no control tokens: what a user writes cannot end his
/// message or begin another's.
/// </param>
/// <param name="IsMarkup">Jinja2's Markup, as the filter <c>safe</c> makes it: other strings are escaped when they are added to it.</param>
internal sealed record MarkedText(string Text, int[] Literal, bool IsMarkup);
