using ModelPack.Compiler.Calibration.Engine;

namespace ModelPack.Compiler.Quantize;

/// <summary>A matrix and what became of it.</summary>
/// <param name="Input">What was quantised.</param>
/// <param name="Matrix">Its codes.</param>
/// <param name="Figures">What they cost.</param>
internal sealed record QuantizedMatrix(MatrixInput Input, TiledMatrix Matrix, MatrixFigures Figures);

/// <summary>What a matrix costs, before it is encoded.</summary>
/// <param name="CodeBits">Bits of the codes under the tables that all matrices of its kind share (entropy given class and parity).</param>
/// <param name="SideBits">Estimate of steps, scales, classes, orders and widths.</param>
/// <param name="TileBits">Resident bits of the tiles' planes.</param>
/// <param name="Escapes">Codes that their tiles do not hold.</param>
/// <param name="ExpectedDivergence">Σ err H errᵀ G / 2, nats per token.</param>
internal sealed record MatrixFigures(double CodeBits, double SideBits, long TileBits, long Escapes, double ExpectedDivergence);

/// <summary>A quantised model.</summary>
/// <param name="Matrices">In the order in which they came.</param>
/// <param name="Tables">Tables estimated from these codes, for a next run.</param>
/// <param name="Seconds">Time taken.</param>
internal sealed record QuantizedModel(IReadOnlyList<QuantizedMatrix> Matrices, QuantizerTables Tables, double Seconds)
{
    public long Weights => Matrices.Sum(m => m.Input.Weights);

    /// <summary>Bits per weight at rest: codes and an estimate of side information.</summary>
    public double BitsRest => Matrices.Sum(m => m.Figures.CodeBits + m.Figures.SideBits) / Weights;

    /// <summary>Bits per weight of the tiles when resident.</summary>
    public double BitsResident => (double)Matrices.Sum(m => m.Figures.TileBits) / Weights;

    /// <summary>Part of the codes that are escapes.</summary>
    public double EscapeRate => (double)Matrices.Sum(m => m.Figures.Escapes) / Weights;

    /// <summary>Vectors that have other values beside these matrices, by name.</summary>
    public Dictionary<string, float[]> Vectors() => Matrices.SelectMany(m => m.Input.Vectors).ToDictionary();

    /// <summary>Values of the matrices, and of vectors that go with them, by name, for an engine to run on.</summary>
    public Dictionary<string, IWeightRows> Rows() => Matrices.Select(m => (m.Input.Name, Rows: (IWeightRows)new QuantizedRows(m.Matrix)))
        .Concat(Vectors().Select(v => (v.Key, Rows: (IWeightRows)new FloatRows(v.Value))))
        .ToDictionary(r => r.Item1, r => r.Rows);

    public double ExpectedDivergence => Matrices.Sum(m => m.Figures.ExpectedDivergence);
}
