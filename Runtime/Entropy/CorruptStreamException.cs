namespace ModelPack.Entropy;

/// <summary>Entropy-coded bytes that cannot be right; whoever knows which bytes they were turns it into a <see cref="ModelPackException"/> (MP5002).</summary>
/// <param name="what">What is wrong, as the end of "it …".</param>
internal sealed class CorruptStreamException(string what) : Exception(what);
