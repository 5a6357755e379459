using ModelPack.Compiler.Ir;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Models;

/// <summary>A graph whose weights come from a safetensors file of <c>../shared</c>.</summary>
internal abstract class SafetensorsGraph(string file)
{
    protected SafetensorsFile File { get; } = SafetensorsFile.OpenShared(file);

    public Compiler.Ir.Graph Graph { get; } = new();

    protected WeightRef Vector(string name)
    {
        var values = File.GetFloats(name);
        return Weight(name, 1, values.Length, values, isVector: true);
    }

    protected WeightRef Weight(string name, int rows, int columns, float[] values, bool isVector = false)
    {
        var weight = new WeightRef(name, rows, columns, "", Graph.Layer) { Values = values, IsVector = isVector };
        Graph.Weights.Add(weight);
        return weight;
    }
}
