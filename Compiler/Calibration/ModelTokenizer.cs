using ModelPack.Compiler.Import;
using ModelPack.Compiler.Tokenizers;
using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration;

/// <summary>The tokenizer of a model file, over tables of its own.</summary>
internal sealed unsafe class ModelTokenizer : IDisposable
{
    private readonly NativeBuffer _tables;
    private readonly Tokenizer _tokenizer;

    public ModelTokenizer(ModelSource source)
    {
        var tables = TokenizerTableBuilder.Build(GgufTokenizer.Read(source.Metadata));
        _tables = new(tables.Length);
        tables.CopyTo(new Span<byte>(_tables.Pointer, tables.Length));
        _tokenizer = Tokenizer.Open(_tables.Pointer, tables.Length);
    }

    /// <summary>Ids of a text, no special tokens added or read.</summary>
    public int[] Encode(string text)
    {
        var ids = _tokenizer.Encode(text, addSpecial: false, parseSpecial: false);
        GC.KeepAlive(_tables);
        return ids;
    }

    public void Dispose() => _tables.Dispose();
}
