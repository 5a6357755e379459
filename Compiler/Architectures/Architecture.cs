using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Architectures;

/// <summary>A model family: how its file becomes a graph. One file each, one line in <see cref="ArchitectureTable"/>.</summary>
internal abstract class Architecture
{
    /// <summary>What <c>general.architecture</c> says.</summary>
    public abstract string Id { get; }

    /// <summary>Reads hyper-parameters and tensor headers, not weights.</summary>
    /// <exception cref="ModelPackException">MP21xx.</exception>
    public abstract ModelGraph Build(ModelSource source);
}

/// <summary>A model's graph with what lowering and reports need of its hyper-parameters.</summary>
/// <param name="ContextLength">Positions that the model was made for.</param>
/// <param name="Facts">Key–value facts in display order.</param>
internal sealed record ModelGraph(Graph Graph, int VocabularySize, int ContextLength, IReadOnlyList<KeyValuePair<string, string>> Facts);
