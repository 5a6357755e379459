using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Compiler.Interpreter;

/// <summary>
/// Runs a plan over the executor's operations: what the generated code does, without generating code. Operands are resolved once, not per token.
/// </summary>
internal sealed class PlanInterpreter : ForwardPass
{
    private readonly List<Action<Executor>> _calls = [];

    public PlanInterpreter(ModelPlan plan, IReadOnlyList<Weight> weights)
    {
        foreach (var step in plan.Steps)
        {
            if (step.Call is { } call)
            {
                _calls.Add(Bind(plan, call, weights, -1, _ => throw new InvalidOperationException("A slot outside a template.")));
                continue;
            }

            var repeat = step.Repeat!;
            var template = plan.Templates.First(t => t.Name == repeat.Template);
            for (var i = 0; i < repeat.Rows.Count; i++)
            {
                var row = repeat.Rows[i];
                foreach (var templateCall in template.Calls)
                {
                    _calls.Add(Bind(plan, templateCall, weights, repeat.FirstLayer + i, slot => row[template.Slots.ToList().IndexOf(slot)]));
                }
            }
        }
    }

    public override void Run(Executor k)
    {
        foreach (var call in _calls)
        {
            call(k);
        }
    }

    private static Action<Executor> Bind(ModelPlan plan, PlanCall call, IReadOnlyList<Weight> weights, int layer, Func<string, int> slot)
    {
        var o = new Operands(plan, call, weights, layer, slot);
        return s_table.TryGetValue(call.Op, out var bind) ? bind(o) : throw new InvalidOperationException($"The interpreter has no operation '{call.Op}'.");
    }

    /// <summary>One line per operation of the kernel catalogue; a test holds the two together.</summary>
    private static readonly Dictionary<string, Func<Operands, Action<Executor>>> s_table = new()
    {
        ["Embedding"] = o => Make(o.Weight(0), o.Buffer(1), (w, y) => k => k.Embedding(w, y(k))),
        ["RmsNorm"] = o => Make(o.Buffer(0), o.OptionalWeight(1), o.Float(2), o.Buffer(3), (x, gain, epsilon, y) => k => k.RmsNorm(x(k), gain, epsilon, y(k))),
        ["Linear"] = o => Make(o.Buffer(0), o.Buffer(1), o.Weights(2), (x, y, w) => k => k.Linear(x(k), y(k), w)),
        ["LinearAdd"] = o => Make(o.Buffer(0), o.Buffer(1), o.Weight(2), (x, y, w) => k => k.LinearAdd(x(k), y(k), w)),
        ["AddBias"] = o => Make(o.Buffer(0), o.Weight(1), (y, bias) => k => k.AddBias(y(k), bias)),
        ["Add"] = o => Make(o.Buffer(0), o.Buffer(1), (x, y) => k => k.Add(x(k), y(k))),
        ["Scale"] = o => Make(o.Buffer(0), o.Float(1), (x, factor) => k => k.Scale(x(k), factor)),
        ["Rope"] = BindRope,
        ["Attention"] = BindAttention,
        ["SwiGlu"] = o => Make(o.Buffer(0), o.Buffer(1), (x, y) => k => k.SwiGlu(x(k), y(k))),
        ["SelectOutputs"] = o => Make(o.Buffer(0), o.Buffer(1), (x, y) => k => k.SelectOutputs(x(k), y(k))),
    };

    /// <summary>Operations the interpreter knows.</summary>
    internal static IEnumerable<string> Operations => s_table.Keys;

    private static Action<Executor> BindRope(Operands o)
    {
        var x = o.Buffer(0);
        var heads = o.Integer(1);
        var frequencies = o.Weight(2);
        var magnitude = o.Float(3);
        var interleaved = o.Boolean(4);
        return k => k.Rope(x(k), heads, frequencies, magnitude, interleaved);
    }

    private static Action<Executor> BindAttention(Operands o)
    {
        Func<Executor, Activations> q = o.Buffer(0), keys = o.Buffer(1), v = o.Buffer(2), y = o.Buffer(6);
        int layer = o.Integer(3), window = o.Integer(5);
        var scale = o.Float(4);
        return k => k.Attention(q(k), keys(k), v(k), layer, scale, window, y(k));
    }

    private static Action<Executor> Make<A, B>(A a, B b, Func<A, B, Action<Executor>> make) => make(a, b);

    private static Action<Executor> Make<A, B, C>(A a, B b, C c, Func<A, B, C, Action<Executor>> make) => make(a, b, c);

    private static Action<Executor> Make<A, B, C, D>(A a, B b, C c, D d, Func<A, B, C, D, Action<Executor>> make) => make(a, b, c, d);

    /// <summary>A call's operands, by position.</summary>
    private sealed class Operands(ModelPlan plan, PlanCall call, IReadOnlyList<Weight> weights, int layer, Func<string, int> slot)
    {
        public Func<Executor, Activations> Buffer(int position)
        {
            var operand = call.Operands[position];
            if (operand.Kind == PlanOperandKind.Logits)
            {
                return k => k.Logits;
            }

            var buffer = plan.Buffers.First(b => b.Name == operand.Text);
            return operand.Width == 0
                ? k => k.Buffer(buffer.Offset, buffer.Width)
                : k => k.Buffer(buffer.Offset, buffer.Width).Slice(operand.Offset, operand.Width);
        }

        public Weight Weight(int position)
        {
            var operand = call.Operands[position];
            return weights[operand.Kind == PlanOperandKind.Slot ? slot(operand.Text) : operand.Offset];
        }

        public Weight? OptionalWeight(int position) => call.Operands[position].Kind == PlanOperandKind.NoWeight ? null : Weight(position);

        public Weight[] Weights(int first) => [.. Enumerable.Range(first, call.Operands.Count - first).Select(Weight)];

        public float Float(int position) => BitConverter.Int32BitsToSingle(call.Operands[position].Offset);

        public int Integer(int position) => call.Operands[position].Kind == PlanOperandKind.Layer ? layer : call.Operands[position].Offset;

        public bool Boolean(int position) => call.Operands[position].Offset != 0;
    }
}
