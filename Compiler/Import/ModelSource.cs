using ModelPack.Compiler.Encodings;

namespace ModelPack.Compiler.Import;

/// <summary>
/// A model file (or folder) opened for reading: typed metadata and named tensors. Memory-mapped; everything in it has
/// been checked against the file's length before it is handed out.
/// </summary>
internal abstract class ModelSource : IDisposable
{
    /// <summary>Opens a model file; its first bytes say which reader reads it. Reads headers only.</summary>
    /// <exception cref="ModelPackException">MP2001 to MP2010.</exception>
    public static ModelSource Open(string path) => ContainerTable.Open(path, ImportLimits.Default);

    /// <summary>Full path, for messages.</summary>
    public abstract string Path { get; }

    /// <summary>Container and version, for example <c>GGUF v3</c>.</summary>
    public abstract string Container { get; }

    /// <summary>Length of the file in bytes.</summary>
    public abstract long FileBytes { get; }

    public abstract ModelMetadata Metadata { get; }

    /// <summary>In file order.</summary>
    public abstract IReadOnlyList<SourceTensor> Tensors { get; }

    public abstract SourceTensor? Find(string name);

    public abstract void Dispose();
}

/// <summary>A tensor in a model file.</summary>
internal abstract class SourceTensor
{
    public abstract string Name { get; }

    /// <summary>Row-major, outermost dimension first: a matrix is [rows, columns] (GGUF's ne reversed).</summary>
    public abstract IReadOnlyList<long> Shape { get; }

    public abstract TensorEncoding Encoding { get; }

    /// <summary>Position in the file, for messages.</summary>
    public abstract long ByteOffset { get; }

    public abstract long ByteLength { get; }

    /// <summary>Product of all dimensions but the last; 1 for a vector.</summary>
    public long Rows => Shape.Count <= 1 ? 1 : Shape.Take(Shape.Count - 1).Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>The last dimension: consecutive in memory.</summary>
    public long Columns => Shape.Count == 0 ? 1 : Shape[^1];

    /// <summary>The encoded bytes of one row.</summary>
    public abstract ReadOnlySpan<byte> RowBytes(long row);

    /// <summary>One row as f32, values equal to the format's reference implementation.</summary>
    public void DequantizeRow(long row, Span<float> values) => Encoding.Dequantize(RowBytes(row), values);
}
