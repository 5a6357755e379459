using System.Runtime.InteropServices;
using ModelPack.Compiler;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Tests.Graph;

/// <summary>A model file compiled in memory, to be run by any forward pass over its weights.</summary>
internal sealed record PackedModel(ModelPlan Plan, byte[] Pack)
{
    /// <param name="path">A model file.</param>
    /// <param name="threads">Threads that pack.</param>
    /// <param name="without">Names of passes that do not run.</param>
    public static PackedModel Compile(string path, int threads = 2, params string[] without)
    {
        using var source = ModelSource.Open(path);
        using var stream = new MemoryStream();
        var result = ModelCompiler.Pack(source, new("Tiny", "App", null) { ExceptPasses = without }, stream, threads, Compiler.Stages.StageClock.Silent, TestContext.Current.CancellationToken);
        Assert.Equal(stream.Length, result.Plan.PackBytes);
        return new(result.Plan, stream.ToArray());
    }

    public float[] Interpret(ModelOptions options, ReadOnlySpan<int> prompt, ReadOnlySpan<int> decode) =>
        Run(options, weights => new PlanInterpreter(Plan, weights), prompt, decode);

    /// <summary>Logits of every token: of the prompt as a batch, then of <paramref name="decode"/>'s one by one.</summary>
    public unsafe float[] Run(ModelOptions options, Func<IReadOnlyList<Weight>, ForwardPass> forward, ReadOnlySpan<int> prompt, ReadOnlySpan<int> decode)
    {
        var memory = new NativeBuffer(Pack.Length);
        Pack.CopyTo(new Span<byte>(memory.Pointer, Pack.Length));
        using var model = LoadedModel.Open(memory.Pointer, Pack.Length, "test", Plan.PackHash, InterpretedModel.ShapeOf(Plan), options, memory);
        using var session = model.CreateSession(forward(model.Weights));
        return Logits(session, prompt, decode);
    }

    public static float[] Logits(DecoderSession session, ReadOnlySpan<int> prompt, ReadOnlySpan<int> decode)
    {
        var vocabulary = session.VocabularySize;
        var logits = new float[(prompt.Length + decode.Length) * vocabulary];
        session.EvaluateAll(prompt, logits);
        for (var i = 0; i < decode.Length; i++)
        {
            session.Evaluate(decode.Slice(i, 1)).CopyTo(logits.AsSpan((prompt.Length + i) * vocabulary));
        }

        // Equal bits say something only where there is something in them.
        Assert.All(logits, l => Assert.True(float.IsFinite(l)));
        var distinct = logits.Distinct().Count();
        Assert.True(distinct > logits.Length / 2, $"{distinct} different values of {logits.Length}");
        return logits;
    }

    public static void AssertSameBits(float[] expected, float[] actual) =>
        Assert.Equal(MemoryMarshal.Cast<float, int>(expected).ToArray(), MemoryMarshal.Cast<float, int>(actual).ToArray());

    /// <summary>Token ids, the same in every run.</summary>
    public static int[] Ids(int count, int vocabulary, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }
}
