using ModelPack.Formats;

namespace ModelPack;

/// <summary>
/// A weight matrix or vector of a loaded model, in its resident form. <c>y = W·x</c> with W of shape [<see cref="Rows"/>, <see cref="Columns"/>].
/// </summary>
public sealed unsafe class Weight
{
    internal Weight(string name, WeightFormat format, int rows, int columns, byte* data, long bytes)
    {
        Name = name;
        Format = format;
        Rows = rows;
        Columns = columns;
        Data = data;
        ResidentBytes = bytes;
    }

    /// <summary>The tensor's name in the source file.</summary>
    public string Name { get; }

    /// <summary>The resident form.</summary>
    public WeightFormat Format { get; }

    /// <summary>Output features; 1 for a vector.</summary>
    public int Rows { get; }

    /// <summary>Input features.</summary>
    public int Columns { get; }

    /// <summary>Bytes of the resident form, padding included.</summary>
    public long ResidentBytes { get; }

    internal byte* Data { get; }
}
