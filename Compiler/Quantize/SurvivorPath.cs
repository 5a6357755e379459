namespace ModelPack.Compiler.Quantize;

/// <summary>The best path of each row, from its end to its start.</summary>
internal static unsafe class SurvivorPath
{
    /// <summary>Writes the codes of a batch's rows.</summary>
    /// <param name="batch">Rounded.</param>
    /// <param name="plan">The plan of that.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="codes">[columns, 64] of the row group.</param>
    /// <param name="lane">Lane of the batch's first row in the group.</param>
    /// <returns>Σ over rows of the errors' cost in bits: the metric less what the codes cost.</returns>
    public static double Take(RoundingBatch batch, RoundingPlan plan, int rows, Span<short> codes, int lane)
    {
        int states = plan.States, columns = plan.Basis.Columns;
        Span<int> state = stackalloc int[rows];
        double cost = 0;
        for (var r = 0; r < rows; r++)
        {
            state[r] = Best(batch.Metric + (r * states), states);
            cost += batch.Metric[(r * states) + state[r]];
        }

        double bits = 0;
        for (var j = columns - 1; j >= 0; j--)
        {
            var (low, high) = plan.Bounds[j / TiledMatrix.TileColumns];
            var table = plan.Bits.AsSpan(plan.Table[j], 2 * RateTables.Codes);
            var target = codes.Slice((j * TiledMatrix.TileRows) + lane, rows);
            for (var r = 0; r < rows; r++)
            {
                var l = (r * states) + state[r];
                var n = batch.Codes[(j * RoundingBatch.Lanes) + l];
                target[r] = n;
                bits += table[CodeCounts.Index(0, n, states)] + (n < low || n > high ? plan.EscapeBits : 0);
                state[r] = Trellis.Predecessor(states, state[r], states > 1 && ((batch.Choices[(j * RoundingBatch.Vectors) + (l >> 4)] >> (l & 15)) & 1) != 0);
            }
        }

        return cost - bits;
    }

    private static int Best(float* metric, int states)
    {
        var best = 0;
        for (var s = 1; s < states; s++)
        {
            best = metric[s] < metric[best] ? s : best;
        }

        return best;
    }
}
