using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>
/// Scales and minima of row groups apart from their codes, in an order that compresses: bytes of one kind together. Halves are split into low and high bytes; a minimum
/// is taken as its distance from −2^(bits − 1) · scale (half of the codes' range below zero), which for halves is integer arithmetic on their bits.
/// </summary>
internal static unsafe class ScaleStreams
{
    /// <summary>Bytes of scales and minima of one row group.</summary>
    public static int BytesPerGroup(in GroupedLayout layout) => (int)(layout.RowGroupBytes - ((long)layout.Units * layout.CodeBytes));

    private static bool IsHalves(in GroupedLayout layout) => layout.Format.Scale == ScaleKind.F16;

    /// <summary>Puts the streams of <paramref name="groups"/> row groups into their headers.</summary>
    public static void Merge(in GroupedLayout layout, ReadOnlySpan<byte> streams, byte* rowGroups, int groups)
    {
        var per = BytesPerGroup(layout);
        var at = 0;
        for (var g = 0; g < groups; g++)
        {
            var p = rowGroups + (g * layout.RowGroupBytes);
            for (var u = 0; u < layout.Units; u++)
            {
                var bytes = layout.HeaderBytes(u);
                if (IsHalves(layout))
                {
                    MergeHalves(layout, streams, at, per * groups / 2, p, bytes / 2);
                }
                else
                {
                    streams.Slice(at, bytes).CopyTo(new(p, bytes));
                }

                at += bytes;
                p += bytes + layout.CodeBytes;
            }
        }
    }

    /// <summary>The inverse of <see cref="Merge"/>.</summary>
    public static byte[] Split(in GroupedLayout layout, byte* rowGroups, int groups)
    {
        var per = BytesPerGroup(layout);
        var streams = new byte[per * groups];
        var at = 0;
        for (var g = 0; g < groups; g++)
        {
            var p = rowGroups + (g * layout.RowGroupBytes);
            for (var u = 0; u < layout.Units; u++)
            {
                var bytes = layout.HeaderBytes(u);
                if (IsHalves(layout))
                {
                    SplitHalves(layout, streams, at, per * groups / 2, p, bytes / 2);
                }
                else
                {
                    new ReadOnlySpan<byte>(p, bytes).CopyTo(streams.AsSpan(at));
                }

                at += bytes;
                p += bytes + layout.CodeBytes;
            }
        }

        return streams;
    }

    // Halves come in runs of 16 scales [and 16 minima]. Four streams: low bytes of scales, high bytes of scales, the same of minima.
    private static void MergeHalves(in GroupedLayout layout, ReadOnlySpan<byte> streams, int at, int all, byte* header, int count)
    {
        var values = (ushort*)header;
        if (!layout.Format.HasMinimum)
        {
            Join(streams[(at / 2)..], streams[(all + (at / 2))..], values, count);
            return;
        }

        var (half, first) = (all / 2, at / 4);
        for (var i = 0; i < count; i += 32, first += 16)
        {
            Join(streams[first..], streams[(half + first)..], values + i, 16);
            Join(streams[(all + first)..], streams[(all + half + first)..], values + i + 16, 16);
            for (var r = 0; r < 16; r++)
            {
                values[i + 16 + r] += Expected(layout, values[i + r]);
            }
        }
    }

    private static void SplitHalves(in GroupedLayout layout, Span<byte> streams, int at, int all, byte* header, int count)
    {
        var values = (ushort*)header;
        if (!layout.Format.HasMinimum)
        {
            for (var i = 0; i < count; i++)
            {
                (streams[(at / 2) + i], streams[all + (at / 2) + i]) = ((byte)values[i], (byte)(values[i] >> 8));
            }

            return;
        }

        var (half, first) = (all / 2, at / 4);
        for (var i = 0; i < count; i += 32, first += 16)
        {
            for (var r = 0; r < 16; r++)
            {
                var scale = values[i + r];
                var minimum = (ushort)(values[i + 16 + r] - Expected(layout, scale));
                (streams[first + r], streams[half + first + r]) = ((byte)scale, (byte)(scale >> 8));
                (streams[all + first + r], streams[all + half + first + r]) = ((byte)minimum, (byte)(minimum >> 8));
            }
        }
    }

    private static void Join(ReadOnlySpan<byte> low, ReadOnlySpan<byte> high, ushort* values, int count)
    {
        for (var i = 0; i < count; i++)
        {
            values[i] = (ushort)(low[i] | (high[i] << 8));
        }
    }

    /// <summary>−2^(bits − 1) · scale: bits − 1 more in the exponent, the other sign. (Zeros and subnormals come out as something else, the same on both sides.)</summary>
    private static ushort Expected(in GroupedLayout layout, ushort scale) => (ushort)((scale + ((layout.Format.CodeBits - 1) << 10)) ^ 0x8000);
}
