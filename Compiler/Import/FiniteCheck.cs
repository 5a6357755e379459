namespace ModelPack.Compiler.Import;

/// <summary>Refuses weights that are no numbers. Whoever packs calls this before, or while, it encodes: one pass at the speed of memory.</summary>
internal static class FiniteCheck
{
    /// <summary>Every row of a tensor.</summary>
    /// <exception cref="ModelPackException">MP2013: NaN or infinite; MP2014: an integer that no f32 holds.</exception>
    public static void Tensor(ModelSource source, SourceTensor tensor)
    {
        for (long row = 0; row < tensor.Rows; row++)
        {
            Row(source, tensor, row);
        }
    }

    /// <inheritdoc cref="Tensor"/>
    public static void Row(ModelSource source, SourceTensor tensor, long row)
    {
        var bytes = tensor.RowBytes(row);
        var at = tensor.ByteOffset + (row * bytes.Length);
        var bad = tensor.Encoding.FirstNonFinite(bytes);
        if (bad >= 0)
        {
            var what = tensor.Encoding.BlockElements == 1 ? "is NaN or infinite" : "is in a block whose scale is NaN or infinite";
            throw Error(CompilerCodes.WeightNotFinite, $"{what}; finite weights were expected. The file is damaged, or the model's training diverged");
        }

        bad = tensor.Encoding.FirstInexact(bytes);
        if (bad >= 0)
        {
            throw Error(CompilerCodes.WeightInexact, "is an integer that no 32-bit float holds exactly. ModelPack keeps integer weights as floats; convert the tensor to one");
        }

        ModelPackException Error(string code, string problem) => new(
            code,
            $"'{source.Path}': element {bad} of row {row} of tensor '{tensor.Name}' ({tensor.Encoding.Name}, row at byte {at}) {problem}.");
    }
}
