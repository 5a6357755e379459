using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>
/// Grouped-query attention over whole windows, causal or both ways: P = softmax(scale·Q Kᵀ), O = P V. Back: dP = dO Vᵀ, dS = P∘(dP − Σ P∘dP), dQ = scale·dS K, dK = scale·dSᵀ Q, dV = Pᵀ dO.
/// P is computed anew on the way back. A chunk is a key-value head of a window, so gradients of keys and values sum over its query heads in order.
/// </summary>
internal sealed unsafe class AttentionGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var op = (AttentionOp)node.Op;
        float* q = tape[node.Inputs[0]], k = tape[node.Inputs[1]], v = tape[node.Inputs[2]], o = tape[node.Outputs[0]];
        tape.Workers.Run(tape.Windows * op.KvHeads, (chunk, worker) =>
        {
            var head = new AttentionHead(op, Scratch(tape, worker), tape.Kernels, tape.WindowLength, chunk / op.KvHeads, chunk % op.KvHeads, q, k, v);
            head.Forward(o);
        });
    }

    public override void Backward(Tape tape, Node node)
    {
        var op = (AttentionOp)node.Op;
        float* q = tape[node.Inputs[0]], k = tape[node.Inputs[1]], v = tape[node.Inputs[2]];
        float* dO = tape.Gradient(node.Outputs[0]), dQ = tape.Gradient(node.Inputs[0]), dK = tape.Gradient(node.Inputs[1]), dV = tape.Gradient(node.Inputs[2]);
        tape.Workers.Run(tape.Windows * op.KvHeads, (chunk, worker) =>
        {
            var head = new AttentionHead(op, Scratch(tape, worker), tape.Kernels, tape.WindowLength, chunk / op.KvHeads, chunk % op.KvHeads, q, k, v);
            head.Backward(dO, dQ, dK, dV);
        });
    }

    private static AttentionScratch Scratch(Tape tape, int worker)
    {
        var scratch = tape.Scratch[worker];
        if (scratch is null || scratch.Positions < tape.WindowLength)
        {
            scratch?.Dispose();
            tape.Scratch[worker] = scratch = new(tape.Gemm.Width, tape.WindowLength);
        }

        return scratch;
    }
}
