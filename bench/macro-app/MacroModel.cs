namespace MacroApp;

/// <summary>The generated class, and what a measurement wants to know beyond its public surface.</summary>
public sealed partial class MacroModel
{
    /// <summary>Bytes of all weights in their resident form.</summary>
    internal long ResidentBytes => Weights.Sum(w => w.ResidentBytes);
}
