namespace ModelPack.Compiler.Profiles;

/// <summary>
/// How long a processor decodes a token: seconds = <see cref="Stretch"/> · (Σ weights / rate + escapes · <see cref="EscapeSeconds"/>) + calls · <see cref="CallSeconds"/>, at the start of a context.
/// A build never reads a clock: what it knows of a target comes from here. <see cref="ProfileMeasurement"/> makes one.
/// </summary>
/// <param name="Name">For messages.</param>
/// <param name="Processor">What it was measured on.</param>
/// <param name="Kernels">The rung.</param>
/// <param name="Threads">Threads that decoded.</param>
/// <param name="Stretch">What whole models take beside the sum of their matrices multiplied alone, from memory.</param>
/// <param name="CallSeconds">What each call of a kernel takes beside its weights.</param>
/// <param name="EscapeSeconds">What a code beyond its tile's width takes.</param>
/// <param name="Rates">Weights a second, by <see cref="DecodeKind"/> as it is printed.</param>
internal sealed record DecodeProfile(
    string Name, string Processor, KernelSet Kernels, int Threads, double Stretch, double CallSeconds, double EscapeSeconds, IReadOnlyDictionary<string, double> Rates)
{
    private const double Clearly = 0.95;

    /// <summary>Seconds for a token.</summary>
    /// <param name="work">The model's.</param>
    /// <param name="expanded">In <see cref="ResidentForm.Expanded"/>.</param>
    /// <exception cref="ModelPackException">MP3010: there is no rate for a kind of weight.</exception>
    public double Seconds(DecodeWork work, bool expanded) => (Stretch * MatrixSeconds(work, expanded)) + (work.Calls * CallSeconds);

    /// <summary>Seconds for the matrices, by their rates alone.</summary>
    public double MatrixSeconds(DecodeWork work, bool expanded) =>
        work.Weights.Sum(w => w.Value / Rate(expanded ? w.Key.Expanded : w.Key)) + (work.Escapes * EscapeSeconds);

    /// <summary>
    /// Whether trellis codes as they are take clearly less time than expanded ones. A profile is one machine: others of its instruction set have more bandwidth for each core, and there expanding pays.
    /// </summary>
    public bool PrefersCompact(DecodeWork work) => work.HasForms && MatrixSeconds(work, expanded: false) < Clearly * MatrixSeconds(work, expanded: true);

    private double Rate(DecodeKind kind) => Rates.TryGetValue(kind.ToString(), out var rate)
        ? rate
        : throw new ModelPackException(CompilerCodes.ProfileUnusable, $"profile '{Name}' has no rate for weights of the kind '{kind}'. Make it again: modelpack profile MODEL -o FILE.");
}
