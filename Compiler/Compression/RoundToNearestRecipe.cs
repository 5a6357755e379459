using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>
/// Recipe <c>RoundToNearest</c> with its quality measured: the narrowest width that keeps to a divergence, or the widest within a budget. Nothing is calibrated; the text is there to measure on.
/// </summary>
internal sealed class RoundToNearestRecipe(CompressionOptions options, Trials trials, int threads)
{
    /// <param name="source">The model file.</param>
    /// <param name="options">Quality or budget.</param>
    /// <param name="assembly">Writes packs.</param>
    /// <param name="pack">Where the pack goes.</param>
    /// <param name="threads">Threads; the result does not depend on them.</param>
    /// <param name="clock">Told what is done.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ModelPackException">MP3009, MP3402.</exception>
    public static PackResult Run(ModelSource source, CompressionOptions options, PackAssembly assembly, Stream pack, int threads, StageClock clock, CancellationToken cancellation)
    {
        clock.Begin(Stage.Reference);
        var model = ArchitectureTable.Build(source);
        using var tokenizer = new ModelTokenizer(source);
        // The windows that the calibrated recipes hold out, so that figures compare.
        var windows = CalibrationWindows.Of(
            [.. CalibrationTexts.Read(options.Calibration).Select(tokenizer.Encode)], CalibrationOptions.Normal.MomentWindows, CalibratedModel.HeldOutWindows, model.ContextLength);
        using var heldOut = new HeldOutPacks(model.Graph, windows.HeldOut, new Workers(threads, cancellation));
        return new RoundToNearestRecipe(options, new(assembly, heldOut, pack, clock), threads).Run();
    }

    private PackResult Run()
    {
        var width = options.Quality.IsSource ? WidestWithin() : NarrowestFor(options.Quality.Divergence);
        return trials.Choose(width, () => Pack(width));
    }

    /// <summary>Budgets need no measuring until the width is found.</summary>
    private int WidestWithin()
    {
        for (var width = FixedWidths.Widest; ; width--)
        {
            var result = Pack(width);
            if (Budget.IsMet(options, result))
            {
                trials.Measure(width);
                return width;
            }

            if (width == FixedWidths.Narrowest)
            {
                throw Budget.Unreachable(options, result);
            }
        }
    }

    private int NarrowestFor(double divergence)
    {
        var width = WidthSearch.Narrowest(FixedWidths.Of(options.Quality), FixedWidths.Narrowest, FixedWidths.Widest, Keeps)
            ?? throw Budget.QualityUnreachable(options, trials.Results);
        return Budget.IsMet(options, trials.Of(width)) ? width : throw Budget.Unreachable(options, trials.Of(width));

        bool Keeps(int candidate)
        {
            Pack(candidate);
            return trials.Measure(candidate).Divergence <= divergence;
        }
    }

    private PackResult Pack(int width) => trials.Pack(width, weight => FixedWidths.Quantize(weight, width, threads), $"{width} bits, rounded to nearest");
}
