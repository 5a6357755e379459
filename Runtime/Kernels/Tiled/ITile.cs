using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>A width of the tiled family as a compile-time constant.</summary>
internal interface IWidth
{
    static abstract int Bits { get; }
}

internal readonly struct W2 : IWidth
{
    public static int Bits => 2;
}

internal readonly struct W3 : IWidth
{
    public static int Bits => 3;
}

internal readonly struct W4 : IWidth
{
    public static int Bits => 4;
}

internal readonly struct W5 : IWidth
{
    public static int Bits => 5;
}

internal readonly struct W6 : IWidth
{
    public static int Bits => 6;
}

internal readonly struct W7 : IWidth
{
    public static int Bits => 7;
}

internal readonly struct W8 : IWidth
{
    public static int Bits => 8;
}

/// <summary>Codes of a scalar tile: planes of all its bits. Also what a panel of unpacked bytes looks like to the products.</summary>
internal readonly struct ScalarTile<W> : ICodeForm
    where W : struct, IWidth
{
    public static int CodeBits => W.Bits;

    public static int Offset => 1 << (W.Bits - 1);

    public static CodebookId Codebook => CodebookId.None;
}
