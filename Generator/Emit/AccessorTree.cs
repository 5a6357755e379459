using System.Collections.Generic;
using System.Linq;
using ModelPack.Plan;

namespace ModelPack.Generator.Emit;

/// <summary>
/// The accessors' dotted paths as a tree. A node with <see cref="Weights"/> becomes a property, one with <see cref="Children"/> a property and a nested struct.
/// </summary>
internal sealed class AccessorTree(string name)
{
    /// <summary>Root of what there is once per layer.</summary>
    public const string Layers = "Layers";

    public string Name { get; } = name;

    /// <summary>In order of appearance.</summary>
    public List<AccessorTree> Children { get; } = [];

    /// <summary>Null for a group.</summary>
    public EquatableArray<int>? Weights { get; private set; }

    public bool IsGroup => Weights is null;

    public static AccessorTree Of(IEnumerable<PlanAccessor> accessors)
    {
        var root = new AccessorTree("");
        foreach (var accessor in accessors)
        {
            var node = root;
            foreach (var part in accessor.Path.Split('.'))
            {
                var child = node.Children.FirstOrDefault(c => c.Name == part);
                if (child is null)
                {
                    node.Children.Add(child = new(part));
                }

                node = child;
            }

            node.Weights = accessor.Weights;
        }

        return root;
    }
}
