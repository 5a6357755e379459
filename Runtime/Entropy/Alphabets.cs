namespace ModelPack.Entropy;

/// <summary>A <see cref="RansAlphabet"/> as constants of a generic kernel.</summary>
internal interface IAlphabet
{
    /// <summary>Buckets of a table, or of a pair of them, as a power of two: 4, 5 or 6.</summary>
    static abstract int BucketBits { get; }

    /// <summary>Whether lanes follow paths, and tables say how a bucket is found (<see cref="RansTable.BucketShift"/>).</summary>
    static abstract bool IsPath { get; }
}

internal readonly struct Narrow : IAlphabet
{
    public static int BucketBits => 4;

    public static bool IsPath => false;
}

internal readonly struct Wide : IAlphabet
{
    public static int BucketBits => 5;

    public static bool IsPath => false;
}

internal readonly struct Full : IAlphabet
{
    public static int BucketBits => 6;

    public static bool IsPath => false;
}

internal readonly struct Paths : IAlphabet
{
    public static int BucketBits => 6;

    public static bool IsPath => true;
}
