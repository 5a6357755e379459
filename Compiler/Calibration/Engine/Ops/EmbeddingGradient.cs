using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>x = E[id]. The table is no value: its gradient is only observed.</summary>
internal sealed unsafe class EmbeddingGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var table = ((EmbeddingOp)node.Op).Table;
        var x = tape[node.Outputs[0]];
        tape.Workers.Ranges(tape.Tokens, 64, (first, end, _) =>
        {
            for (var t = first; t < end; t++)
            {
                tape.Matrices.Row(table, tape.Ids.Span[t], new(x + ((nint)t * table.Columns), table.Columns));
            }
        });
    }

    public override void Backward(Tape tape, Node node) => tape.Observer?.EmbeddingGradient(tape, ((EmbeddingOp)node.Op).Table, tape.Gradient(node.Outputs[0]));
}
