using System.Runtime.InteropServices;
using System.Text;

namespace ModelPack.Compiler.Cli;

/// <summary>Writes logits as a safetensors file (github.com/huggingface/safetensors): tensor <c>logits</c>, F32, [tokens, vocabulary].</summary>
internal static class LogitsFile
{
    public static void Write(string path, ReadOnlySpan<float> logits, int tokens, int vocabulary)
    {
        var header = $$$"""{"logits":{"dtype":"F32","shape":[{{{tokens}}},{{{vocabulary}}}],"data_offsets":[0,{{{(long)logits.Length * 4}}}]}}""";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        using var file = new OutputFile(path);
        file.Stream.Write(BitConverter.GetBytes((long)header.Length));
        file.Stream.Write(Encoding.ASCII.GetBytes(header));
        file.Stream.Write(MemoryMarshal.AsBytes(logits));
        file.Commit();
    }
}
