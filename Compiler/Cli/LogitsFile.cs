using System.Runtime.InteropServices;
using System.Text;
using ModelPack.Execution;

namespace ModelPack.Compiler.Cli;

/// <summary>Writes logits as a safetensors file (github.com/huggingface/safetensors): tensor <c>logits</c>, F32, [tokens, vocabulary].</summary>
internal static class LogitsFile
{
    /// <summary>Tokens whose logits are in memory at once.</summary>
    private const int Batch = 32;

    /// <summary>Evaluates <paramref name="ids"/> and writes the logits after each of them.</summary>
    /// <returns>The last token's logits; the session has taken the tokens.</returns>
    public static float[] Write(string path, DecoderSession session, ReadOnlySpan<int> ids, CancellationToken cancellation)
    {
        var vocabulary = session.VocabularySize;
        var header = $$$"""{"logits":{"dtype":"F32","shape":[{{{ids.Length}}},{{{vocabulary}}}],"data_offsets":[0,{{{(long)ids.Length * vocabulary * sizeof(float)}}}]}}""";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        using var file = new OutputFile(path);
        file.Stream.Write(BitConverter.GetBytes((long)header.Length));
        file.Stream.Write(Encoding.ASCII.GetBytes(header));
        var logits = new float[Math.Min(Batch, ids.Length) * vocabulary];
        var last = new float[vocabulary];
        for (var start = 0; start < ids.Length; start += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = ids.Slice(start, Math.Min(Batch, ids.Length - start));
            var values = logits.AsSpan(0, batch.Length * vocabulary);
            session.EvaluateAll(batch, values);
            file.Stream.Write(MemoryMarshal.AsBytes(values));
            values[^vocabulary..].CopyTo(last);
        }

        file.Commit();
        return last;
    }
}
