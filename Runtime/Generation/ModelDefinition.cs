using System.ComponentModel;
using System.Reflection;

namespace ModelPack.Execution;

/// <summary>What a generated class tells the runtime about its model.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="Assembly">The assembly whose resource holds the pack.</param>
/// <param name="ResourceName">Name of that resource.</param>
/// <param name="PackHash">XXH3-128 of the pack in hex; any other pack is refused.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Facts">Facts of the plan in display order.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record ModelDefinition(
    string Name,
    Assembly Assembly,
    string ResourceName,
    string PackHash,
    ModelShape Shape,
    IReadOnlyList<KeyValuePair<string, string>> Facts);
