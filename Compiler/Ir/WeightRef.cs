using ModelPack.Compiler.Import;
using ModelPack.Formats;

namespace ModelPack.Compiler.Ir;

/// <summary>
/// A weight of the graph: a tensor of the source, or values that the compiler computed.
/// </summary>
/// <param name="Name">The tensor's name in the source file, or one that the compiler gave.</param>
/// <param name="Rows">Output features; 1 for a vector.</param>
/// <param name="Columns">Input features.</param>
/// <param name="Path">Accessor, dotted: <c>TokenEmbedding</c>, or below a layer <c>Attention.Query</c>; empty: no accessor.</param>
/// <param name="Layer">Index of the layer; −1 outside the layers.</param>
internal sealed record WeightRef(string Name, int Rows, int Columns, string Path, int Layer)
{
    /// <summary>Where the values are; null: <see cref="Values"/>.</summary>
    public SourceTensor? Source { get; init; }

    /// <summary>Values that the compiler computed, f32.</summary>
    public float[]? Values { get; init; }

    /// <summary>Kernels read this weight as a plain f32 vector (norm gains, biases, frequencies), whatever the source's encoding.</summary>
    public bool IsVector { get; init; }

    /// <summary>The resident format that keeps the source exactly.</summary>
    public WeightFormat SourceFormat => IsVector || Source is null ? WeightFormat.PlainOf(PlainType.F32) : Source.Encoding.Resident;

    /// <summary>The place in a layer as an identifier: <c>AttentionQuery</c>.</summary>
    public string Slot => Path.Replace(".", "", StringComparison.Ordinal);

    /// <summary>All values as f32, exactly.</summary>
    public float[] ReadFloats()
    {
        if (Values is not null)
        {
            return Values;
        }

        var values = new float[checked(Rows * Columns)];
        for (var row = 0; row < Rows; row++)
        {
            Source!.DequantizeRow(row, values.AsSpan(row * Columns, Columns));
        }

        return values;
    }
}
