using System.Diagnostics;

namespace ModelPack.Compiler.Report;

/// <summary>A report of what a compilation gave.</summary>
internal static class ReportBuilder
{
    /// <param name="model">The model file's name.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="samples">Texts of both, or none.</param>
    /// <param name="stages">Seconds by stage.</param>
    public static PackReport Build(
        string model, IReadOnlyList<KeyValuePair<string, string>> options, PackResult result, IReadOnlyList<ReportSample> samples, IReadOnlyList<KeyValuePair<string, double>> stages)
    {
        var matrices = result.Tensors.Where(t => t.Rows > 1).ToList();
        var stored = matrices.Sum(t => (long)(t.BitsRest * t.Rows * t.Columns / 8));
        return new()
        {
            Model = model,
            Version = ModelCompiler.Version,
            Options = options,
            BytesIn = result.BytesIn,
            BytesOut = result.BytesOut,
            BytesBy = [new("matrices", stored), new("tokenizer, vectors, directory", result.BytesOut - stored)],
            BitsSource = matrices.Sum(t => t.BitsSource * t.Rows * t.Columns) / Math.Max(1, matrices.Sum(t => (double)t.Rows * t.Columns)),
            BitsRest = result.BitsRest,
            BitsResident = result.BitsResident,
            DecodeSpeed = result.DecodeSpeed,
            Quality = result.Quality,
            Tensors = result.Tensors,
            Front = result.Front,
            Refinement = result.Refinement,
            Samples = samples,
            Stages = stages,
            PeakMemoryMegabytes = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6,
        };
    }
}
