namespace ModelPack;

/// <summary>
/// How weights with trellis codes (<c>Optimize="Size"</c>) lie in memory. Results have the same bits in every form; all other weights have one form only.
/// </summary>
public enum ResidentForm
{
    /// <summary><see cref="Expanded"/>, unless that is no faster on this processor (the build knows it of instruction sets, from profiles), or <see cref="ModelOptions.MaxMemoryBytes"/> or the build's <c>MemoryBudget</c> has no room for it.</summary>
    Auto = 0,

    /// <summary>Trellis codes, as few bits as there are.</summary>
    Compact = 1,

    /// <summary>About one bit a weight more, and less arithmetic: more tokens a second.</summary>
    Expanded = 2,
}
