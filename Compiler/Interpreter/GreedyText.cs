using System.Text;
using ModelPack.Execution;

namespace ModelPack.Compiler.Interpreter;

/// <summary>Continues a text with the likeliest token each time.</summary>
internal static class GreedyText
{
    /// <param name="session">Has read the prompt.</param>
    /// <param name="tokenizer">Of the same model.</param>
    /// <param name="prompt">Its tokens.</param>
    /// <param name="logits">Those after the prompt.</param>
    /// <param name="maxTokens">Most tokens; fewer where the text ends or the context is full.</param>
    /// <param name="output">Gets the text piece by piece.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static (List<int> Ids, string Text) Continue(
        DecoderSession session, Tokenizer tokenizer, int[] prompt, ReadOnlySpan<float> logits, int maxTokens, TextWriter output, CancellationToken cancellation)
    {
        // The decoder hears the prompt, so that the continuation begins as one inside a text.
        var decoder = tokenizer.CreateDecoder();
        foreach (var id in prompt)
        {
            decoder.Append(id);
        }

        var ids = new List<int>();
        var text = new StringBuilder();
        while (ids.Count < maxTokens)
        {
            cancellation.ThrowIfCancellationRequested();
            var best = ArgMax.Of(logits[..Math.Min(logits.Length, tokenizer.VocabularySize)]);
            ids.Add(best);
            Put(tokenizer.IsEndOfGeneration(best) ? "" : decoder.Append(best));
            if (tokenizer.IsEndOfGeneration(best) || session.Length == session.ContextLength)
            {
                break;
            }

            logits = ids.Count < maxTokens ? session.Evaluate(new[] { best }) : logits;
        }

        Put(decoder.Flush());
        output.WriteLine();
        return (ids, text.ToString());

        void Put(string piece)
        {
            text.Append(piece);
            output.Write(piece);
        }
    }
}
