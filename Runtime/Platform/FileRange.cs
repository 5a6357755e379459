namespace ModelPack.Platform;

/// <summary>Where in a file some mapped memory comes from.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Byte of the file at the memory's beginning.</param>
internal sealed record FileRange(string Path, long Offset);
