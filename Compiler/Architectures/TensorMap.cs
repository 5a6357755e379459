using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Architectures;

/// <summary>
/// Takes tensors from a source by name, checking shapes, and remembers which were taken: what is left over at the end is a feature that the architecture does not know.
/// </summary>
internal sealed class TensorMap(ModelSource source, Graph graph)
{
    private readonly HashSet<string> _taken = [];

    public bool Contains(string name) => source.Find(name) is not null;

    /// <summary>A matrix [rows, columns].</summary>
    public WeightRef Matrix(string name, int rows, int columns, string path, int layer = -1) => Take(name, [rows, columns], path, layer, vector: false);

    /// <summary>A vector.</summary>
    public WeightRef Vector(string name, int length, string path, int layer = -1) => Take(name, [length], path, layer, vector: true);

    /// <summary>A vector, or null where the file has none of that name.</summary>
    public WeightRef? OptionalVector(string name, int length, string path, int layer = -1) => Contains(name) ? Vector(name, length, path, layer) : null;

    /// <summary>Values that the compiler computed.</summary>
    public WeightRef Computed(string name, float[] values)
    {
        var weight = new WeightRef(name, 1, values.Length, "", -1) { Values = values, IsVector = true };
        graph.Weights.Add(weight);
        return weight;
    }

    /// <summary>A tensor that was read at build time and is in the graph in another form.</summary>
    public void Ignore(string name) => _taken.Add(name);

    /// <summary>MP2106 for tensors that nobody asked for.</summary>
    public void RequireAllTaken()
    {
        var left = source.Tensors.Where(t => !_taken.Contains(t.Name)).Select(t => t.Name).ToList();
        if (left.Count > 0)
        {
            throw new ModelPackException(
                CompilerCodes.FeatureUnsupported,
                $"the file has {left.Count} tensors that this architecture does not use: {string.Join(", ", left.Take(5))}{(left.Count > 5 ? ", …" : "")}. "
                + "The model is a variant that cannot be compiled faithfully.");
        }
    }

    private WeightRef Take(string name, int[] shape, string path, int layer, bool vector)
    {
        var tensor = source.Find(name)
            ?? throw new ModelPackException(CompilerCodes.TensorMissing, $"tensor '{name}' [{string.Join(", ", shape)}] is missing; the file has {source.Tensors.Count} tensors. It may be incomplete or of another architecture.");
        if (!tensor.Shape.SequenceEqual(shape.Select(d => (long)d)))
        {
            throw new ModelPackException(
                CompilerCodes.TensorShapeMismatch,
                $"tensor '{name}' at byte {tensor.ByteOffset} has shape [{string.Join(", ", tensor.Shape)}]; the hyper-parameters call for [{string.Join(", ", shape)}].");
        }

        _taken.Add(name);
        var weight = new WeightRef(name, vector ? 1 : shape[0], shape[^1], path, layer) { Source = tensor, IsVector = vector };
        graph.Weights.Add(weight);
        return weight;
    }
}
