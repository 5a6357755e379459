using ModelPack.Compiler;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Tests.Graph;

/// <summary>A model file packed in memory, with a session that runs its plan through the interpreter.</summary>
internal sealed record Interpreted(ModelPlan Plan, LoadedModel Model, DecoderSession Session) : IDisposable
{
    public static unsafe Interpreted Load(string path, ModelOptions? options = null, params string[] exceptPasses)
    {
        using var source = ModelSource.Open(path);
        using var stream = new MemoryStream();
        var plan = ModelCompiler.Pack(source, new("Model", "", null) { ExceptPasses = exceptPasses }, stream, 2, Compiler.Stages.StageClock.Silent, CancellationToken.None).Plan;
        var pack = new NativeBuffer(stream.Length);
        stream.GetBuffer().AsSpan(0, (int)stream.Length).CopyTo(new(pack.Pointer, (int)stream.Length));
        var model = LoadedModel.Open(pack.Pointer, stream.Length, path, plan.PackHash, InterpretedModel.ShapeOf(plan), options ?? new() { Threads = 1 }, pack);
        return new(plan, model, model.CreateSession(new PlanInterpreter(plan, model.Weights)));
    }

    /// <summary>The logits after each of <paramref name="ids"/>.</summary>
    public float[] Logits(params int[] ids)
    {
        var logits = new float[ids.Length * Session.VocabularySize];
        Session.Truncate(0);
        Session.EvaluateAll(ids, logits);
        return logits;
    }

    /// <summary>The <paramref name="count"/> best tokens after <paramref name="prompt"/>, one after the other; stops behind one that ends generation.</summary>
    public List<int> Greedy(int[] prompt, int count)
    {
        Session.Truncate(0);
        var ids = new List<int>();
        var next = prompt;
        while (ids.Count < count)
        {
            var logits = Session.Evaluate(next);
            var best = 0;
            for (var i = 1; i < logits.Length; i++)
            {
                best = logits[i] > logits[best] ? i : best;
            }

            ids.Add(best);
            if (Model.Tokenizer.IsEndOfGeneration(best))
            {
                break;
            }

            next = [best];
        }

        return ids;
    }

    public void Dispose()
    {
        Session.Dispose();
        Model.Dispose();
    }
}
