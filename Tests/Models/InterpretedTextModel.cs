using ModelPack.Compiler.Interpreter;
using ModelPack.Execution;

namespace ModelPack.Tests.Models;

/// <summary>What a generated class is to an application, with the interpreter in the place of the generated forward pass.</summary>
internal class InterpretedTextModel(CompiledModel model, ModelOptions options)
    : TextModel(Definition(model), options, (_, o) => ModelCore.Of(model.Load(o)))
{
    protected internal override ForwardPass CreateForward() => new PlanInterpreter(model.Plan, Weights);

    private static ModelDefinition Definition(CompiledModel model) =>
        new("Interpreted", typeof(InterpretedTextModel).Assembly, "", model.Plan.PackHash, model.Shape, []);
}
