using System.ComponentModel;

namespace ModelPack.Execution;

/// <summary>
/// A view of f32 activations, row-major: <c>[tokens, Width]</c>, consecutive tokens <see cref="Stride"/> floats apart.
/// The number of tokens is that of the executor's current batch.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly unsafe struct Activations
{
    internal Activations(float* data, int width, int stride)
    {
        Data = data;
        Width = width;
        Stride = stride;
    }

    internal float* Data { get; }

    /// <summary>Floats per token.</summary>
    public int Width { get; }

    /// <summary>Floats from one token to the next.</summary>
    public int Stride { get; }

    /// <summary>The columns [<paramref name="offset"/>, <paramref name="offset"/> + <paramref name="width"/>) of every token.</summary>
    public Activations Slice(int offset, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Width - width);
        return new(Data + offset, width, Stride);
    }

    internal float* Token(int index) => Data + (nint)index * Stride;
}
