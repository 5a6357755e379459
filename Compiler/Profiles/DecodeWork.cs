using ModelPack.Compiler.Lowering;
using ModelPack.Compiler.Quantize;
using ModelPack.Formats;
using ModelPack.Plan;

namespace ModelPack.Compiler.Profiles;

/// <summary>What a model computes for one token: how many weights of each kind are multiplied, and in how many calls.</summary>
internal sealed class DecodeWork
{
    private readonly int[] _uses;
    private readonly Dictionary<DecodeKind, long> _weights = [];

    private DecodeWork(int[] uses, int calls) => (_uses, Calls) = (uses, calls);

    /// <summary>Kernel calls of the forward pass.</summary>
    public int Calls { get; }

    /// <summary>Weights multiplied, padding of tiles included.</summary>
    public IReadOnlyDictionary<DecodeKind, long> Weights => _weights;

    /// <summary>Codes that their tiles do not hold.</summary>
    public long Escapes { get; private set; }

    /// <summary>Whether some weights have another form when they are expanded.</summary>
    public bool HasForms => _weights.Keys.Any(k => k.Expanded != k);

    /// <summary>The calls of a model whose weights are <see cref="Add(int, WeightFormat, long)">added</see> next.</summary>
    public static DecodeWork Of(LoweredModel model)
    {
        var uses = new int[model.Weights.Count];
        var calls = 0;
        foreach (var step in model.Steps)
        {
            if (step.Call is { } call)
            {
                calls++;
                Use(call, (_, index) => index);
            }

            if (step.Repeat is { } repeat)
            {
                var template = model.Templates.First(t => t.Name == repeat.Template);
                string[] slots = [.. template.Slots];
                foreach (var row in repeat.Rows)
                {
                    calls += template.Calls.Count;
                    foreach (var inner in template.Calls)
                    {
                        Use(inner, (slot, index) => slot.Length > 0 ? row[Array.IndexOf(slots, slot)] : index);
                    }
                }
            }
        }

        return new(uses, calls);

        void Use(PlanCall call, Func<string, int, int> resolve)
        {
            if (KernelCatalog.Find(call.Op) is not { IsProduct: true })
            {
                return; // Others read a row, or a vector.
            }

            foreach (var operand in call.Operands.Where(o => o.Kind is PlanOperandKind.Weight or PlanOperandKind.Slot))
            {
                uses[resolve(operand.Text, operand.Offset)]++;
            }
        }
    }

    /// <summary>A weight with one format throughout.</summary>
    /// <param name="index">Its position among the model's.</param>
    /// <param name="format">Resident.</param>
    /// <param name="weights">Rows times columns.</param>
    public void Add(int index, WeightFormat format, long weights) => Add(index, new DecodeKind(format, 0), weights);

    /// <summary>A quantised matrix.</summary>
    public void Add(int index, TiledMatrix matrix)
    {
        foreach (var width in matrix.Widths)
        {
            Add(index, new DecodeKind(WeightFormat.TiledOf(matrix.States), width), TiledMatrix.TileRows * TiledMatrix.TileColumns);
        }

        Escapes += _uses[index] * TileFigures.Escapes(matrix);
    }

    private void Add(int index, DecodeKind kind, long weights)
    {
        if (_uses[index] > 0)
        {
            _weights[kind] = _weights.GetValueOrDefault(kind) + (_uses[index] * weights);
        }
    }
}
