namespace ModelPack.Compiler.Stages;

/// <summary>What compiling a model spends its time on, in order.</summary>
internal enum Stage
{
    /// <summary>Reading the file, building the graph, checking every number.</summary>
    Reading,

    /// <summary>Moments and gradients on the calibration text.</summary>
    Statistics,

    /// <summary>The original's own answers on held-out text.</summary>
    Reference,

    /// <summary>From weights to codes.</summary>
    Quantising,

    /// <summary>From codes to the pack.</summary>
    Packing,

    /// <summary>The pack on held-out text, as an application runs it.</summary>
    Measuring,

    /// <summary>Bits divided among kinds of matrix, by what they cost in divergence.</summary>
    Allocation,

    /// <summary>Norm gains tuned.</summary>
    Tuning,

    /// <summary>Prompts continued for the report.</summary>
    Samples,
}
