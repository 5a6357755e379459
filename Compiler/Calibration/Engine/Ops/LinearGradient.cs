using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>y = x Wᵀ, so dx = dy W, for each of the node's matrices.</summary>
internal sealed unsafe class LinearGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var x = tape[node.Inputs[0]];
        var (matrices, rows) = Of(tape, node);
        tape.Observer?.LinearInput(tape, node.Inputs[0], x, rows);
        for (var i = 0; i < matrices.Length; i++)
        {
            Apply(tape, matrices[i], x, tape[node.Outputs[i]], rows, accumulate: false);
        }
    }

    public override void Backward(Tape tape, Node node)
    {
        var (matrices, rows) = Of(tape, node);
        for (var i = 0; i < matrices.Length; i++)
        {
            if (tape.HasGradient(node.Outputs[i]))
            {
                Back(tape, matrices[i], tape.Gradient(node.Outputs[i]), tape[node.Outputs[i]], tape.Gradient(node.Inputs[0]), rows);
            }
        }
    }

    public static void Apply(Tape tape, WeightRef matrix, float* x, float* y, int rows, bool accumulate) =>
        tape.Gemm.Multiply(tape.Workers, new(x, rows, matrix.Columns), tape.Matrices.Forward(matrix), y, matrix.Rows, accumulate);

    /// <param name="y">The output; observers of row scales want it.</param>
    public static void Back(Tape tape, WeightRef matrix, float* dy, float* y, float* dx, int rows)
    {
        tape.Observer?.LinearOutputGradient(tape, matrix, dy, y, rows);
        tape.Gemm.Multiply(tape.Workers, new(dy, rows, matrix.Rows), tape.Matrices.Backward(matrix), dx, matrix.Columns, accumulate: true);
    }

    private static (WeightRef[] Matrices, int Rows) Of(Tape tape, Node node)
    {
        var op = (LinearOp)node.Op;
        return (op.Matrices, checked(tape.Tokens * op.Positions));
    }
}

/// <summary>y = residual + x Wᵀ.</summary>
internal sealed unsafe class LinearAddGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var matrix = ((LinearAddOp)node.Op).Matrix;
        float* x = tape[node.Inputs[0]], residual = tape[node.Inputs[1]], y = tape[node.Outputs[0]];
        tape.Observer?.LinearInput(tape, node.Inputs[0], x, tape.Tokens);
        tape.Rows(new ScaledSumKernel(residual, 1f, y, matrix.Rows, accumulate: false));
        LinearGradient.Apply(tape, matrix, x, y, tape.Tokens, accumulate: true);
    }

    public override void Backward(Tape tape, Node node)
    {
        var matrix = ((LinearAddOp)node.Op).Matrix;
        var dy = tape.Gradient(node.Outputs[0]);
        var residual = tape.Gradient(node.Inputs[1]);
        tape.Rows(new SumKernel(residual, dy, residual, matrix.Rows));
        var product = tape.Rent(matrix.Rows);
        tape.Rows(new ScaledSumKernel(tape[node.Inputs[1]], -1f, product.Floats, matrix.Rows, accumulate: false));
        tape.Rows(new SumKernel(product.Floats, tape[node.Outputs[0]], product.Floats, matrix.Rows));
        LinearGradient.Back(tape, matrix, dy, product.Floats, tape.Gradient(node.Inputs[0]), tape.Tokens);
        tape.Return(product);
    }
}
