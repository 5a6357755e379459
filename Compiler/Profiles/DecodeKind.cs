using ModelPack.Formats;

namespace ModelPack.Compiler.Profiles;

/// <summary>A kind of weight that kernels have a rate for.</summary>
/// <param name="Format">Its resident format.</param>
/// <param name="Width">Bits of a code of the tiled family; 0 for the others, whose format says it.</param>
internal readonly record struct DecodeKind(WeightFormat Format, int Width)
{
    /// <summary>What it becomes in <see cref="ResidentForm.Expanded"/>: a trellis code takes a bit more as a plain integer, but for the widest, which stay.</summary>
    public DecodeKind Expanded => Format.States > 1 && Width < TiledLayout.MaxWidth ? new(WeightFormat.TiledOf(1), Width + 1) : this;

    /// <summary>As profiles have it, for example <c>tiled trellis8 4</c> or <c>g32 u4 f16</c>.</summary>
    public override string ToString() => Format.Family == WeightFamily.Tiled ? FormattableString.Invariant($"{Format} {Width}") : Format.ToString();
}
