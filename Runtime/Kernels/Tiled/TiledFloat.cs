using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// y = W·x with f32 activations (<c>--activations float</c>): for each row i, columns j in the quantiser's order,
/// <code>
///   acc = fma(q_ij, c_j·x_j, acc)
///   y   = step_i · acc
/// </code>
/// </summary>
internal static unsafe class TiledFloat
{
    /// <summary>Bytes of a sub-group's values in a block, and of a token's c_j·x_j.</summary>
    public const int BlockBytes = (GroupedLayout.RowGroupRows + 1) * TiledLayout.BlockColumns * sizeof(float);

    public static void Run<R, L>(in MatrixCall call, float* x, int xStride, int first, int end, byte* scratch)
        where R : struct, ITiledRung
        where L : struct, ILanes<L>
    {
        var weight = call.Tiled!;
        var inputs = (float*)(scratch + (2L * TiledPanels.Bytes * weight.Blocks));
        var values = inputs + (TiledLayout.BlockColumns * weight.Blocks);
        var acc = stackalloc float[TiledLayout.GroupRows];
        for (var i = first; i < end; i++)
        {
            int group = i / TiledLayout.SubGroups, sub = i % TiledLayout.SubGroups;
            TiledPanels.Unpack<R>(weight, group, sub, scratch);
            Values<L>(weight, group, sub, scratch, values);
            for (var t = 0; t < call.Tokens; t++)
            {
                if (call.Tokens > 1 || i == first)
                {
                    for (var b = 0; b < weight.Blocks; b++)
                    {
                        QuantizedActivations.Gather(x + ((nint)t * xStride), weight, b, inputs + (TiledLayout.BlockColumns * b));
                    }
                }

                L.Store(Row<L>(values, inputs, weight.Columns), acc + (16 * sub));
                TiledRows.Store(weight, group, sub, sub + 1, acc, (float*)call.Y + ((nint)t * call.YStride), call.Accumulate);
            }
        }
    }

    private static L Row<L>(float* values, float* inputs, int columns)
        where L : struct, ILanes<L>
    {
        var acc = L.Broadcast(0f);
        for (var j = 0; j < columns; j++)
        {
            acc = L.Madd(L.Load(values), L.Broadcast(inputs[j]), acc);
            values += 16;
        }

        return acc;
    }

    /// <summary>The integers of a sub-group as floats, [columns, 16].</summary>
    private static void Values<L>(TiledView weight, int group, int sub, byte* panels, float* values)
        where L : struct, ILanes<L>
    {
        var kinds = weight.Kinds + ((long)group * weight.Blocks);
        var first = values;
        for (var b = 0; b < weight.Blocks; b++)
        {
            var bits = TiledPanels.Bits(kinds[b]);
            var offset = L.Broadcast(1 << (bits - 1));
            for (var j = 0; j < TiledLayout.BlockColumns; j++)
            {
                var quad = panels + (j / 4 * GroupedLayout.QuadBytes);
                var integer = L.LoadByteOfDwords(quad, j & 3);
                if (bits == 9)
                {
                    integer = L.Madd(L.Broadcast(4f), integer, L.LoadByteOfDwords(quad + TiledPanels.Bytes, j & 3));
                }

                L.Store(L.Subtract(integer, offset), values + (16 * j));
            }

            panels += bits == 9 ? 2 * TiledPanels.Bytes : TiledPanels.Bytes;
            values += 16 * TiledLayout.BlockColumns;
        }

        var starts = weight.EscapeStarts + ((long)TiledLayout.SubGroups * group) + sub;
        for (var e = starts[0]; e < starts[1]; e++)
        {
            var place = weight.EscapePlaces[e];
            first[(16 * ((TiledLayout.BlockColumns * (nuint)(place >> 12)) + (place & 63))) + (place >> 6 & 15)] += weight.EscapeDeltas[e];
        }
    }
}
