using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>The few codes that their tile's width does not hold: what they add to the sums of their rows.</summary>
internal static unsafe class TiledEscapes
{
    /// <summary>Adds the escapes of sub-groups <paramref name="from"/> … of a row group to <paramref name="acc"/>, whose index is the lane.</summary>
    public static void Add(TiledView weight, int group, int from, int to, TileInput x, float* acc)
    {
        var starts = weight.EscapeStarts + ((long)TiledLayout.SubGroups * group);
        var places = weight.EscapePlaces;
        var deltas = weight.EscapeDeltas;
        var end = starts[to];
        for (nuint e = starts[from]; e < end; e++)
        {
            var place = places[e];
            var block = place >> 12;
            // The product of integers is below 2^22: an exact f32.
            acc[place >> 6 & 63] += deltas[e] * x.Codes[(TiledLayout.BlockColumns * (nuint)block) + (place & 63)] * x.Scales[block];
        }
    }
}
