using ModelPack.Kernels;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// GPTQ's error feedback in which every state of a trellis (one without) is a survivor with errors of its own. Lanes are rows × states, so no sum crosses lanes and every rung gives the same bits.
/// Columns go in blocks of 32: within a block each column first takes the errors of those before it; then the whole block's errors go to all later columns at once.
/// </summary>
/// <remarks>Small methods that meet in memory: RyuJIT stops inlining lane operations in large ones.</remarks>
internal static unsafe class Rounding<L, X>
    where L : struct, ILanes<L>
    where X : struct, ISurvivorLanes<L>
{
    private const int Lanes = RoundingBatch.Lanes;
    private const int BlockColumns = ColumnBasis.BlockColumns;

    public static void Run(RoundingBatch batch, RoundingPlan plan)
    {
        var basis = plan.Basis;
        var constants = LaneConstants.Of(plan.States).Values;
        fixed (float* panels = basis.Panels, tables = plan.Bits)
        {
            for (var first = 0; first < basis.Columns; first += BlockColumns)
            {
                var panel = panels + basis.PanelStart(first / BlockColumns);
                var count = Math.Min(BlockColumns, basis.Columns - first);
                StartBlock(batch, constants);
                for (var j = 0; j < count; j++)
                {
                    var (low, high) = plan.Bounds[(first + j) / TiledMatrix.TileColumns];
                    var inverse = basis.InverseDiagonal[first + j];
                    var step = new ColumnStep
                    {
                        Table = tables + plan.Table[first + j],
                        Constants = constants,
                        InverseDiagonal = inverse,
                        Weight = inverse * inverse,
                        Low = low,
                        High = high,
                        EscapeBits = plan.EscapeBits,
                    };
                    Column(batch, plan.States, first, j, panel + (j * BlockColumns), &step);
                }

                if (first + count < basis.Columns)
                {
                    PassOn(batch, first + BlockColumns, basis.Padded, panel + (BlockColumns * BlockColumns));
                }
            }
        }
    }

    private static void StartBlock(RoundingBatch batch, float* constants)
    {
        var identity = L.Load(constants + LaneConstants.Identity);
        for (var v = 0; v < Lanes; v += 16)
        {
            L.Store(identity, batch.Origin + v);
            L.Store(identity, batch.Last + v);
        }
    }

    private static void Column(RoundingBatch batch, int states, int first, int j, float* factors, ColumnStep* step)
    {
        for (var v = 0; v < RoundingBatch.Vectors; v++)
        {
            float* z = batch.Target + ((first + j) * Lanes) + (16 * v), errors = batch.Errors + (16 * v);
            Feedback(z, errors, j, factors, batch.Origin + (16 * v), batch.Last + (16 * v));
            var code = batch.Codes + ((first + j) * Lanes) + (16 * v);
            if (states == 1)
            {
                ScalarRounding<L, X>.Decide(z, errors + (j * Lanes), batch.Metric + (16 * v), batch.Weight + (16 * v), code, step);
            }
            else
            {
                batch.Choices[((first + j) * RoundingBatch.Vectors) + v] = (ushort)TrellisRounding<L, X>.Decide(
                    z, errors + (j * Lanes), batch.Metric + (16 * v), batch.Weight + (16 * v), code, batch.Origin + (16 * v), batch.Last + (16 * v), step);
            }
        }
    }

    /// <summary>
    /// Takes the block's <paramref name="count"/> earlier columns' errors off the target, in the order of today's survivors; the errors, but the last column's, are brought into that order on the way.
    /// </summary>
    private static void Feedback(float* z, float* errors, int count, float* factors, float* origin, float* last)
    {
        var even = X.Permute(L.Load(z), L.Load(origin));
        var odd = L.Broadcast(0);
        var move = L.Load(last);
        var k = 0;
        for (; k + 2 < count; k += 2, errors += 2 * Lanes)
        {
            L e0 = X.Permute(L.Load(errors), move), e1 = X.Permute(L.Load(errors + Lanes), move);
            L.Store(e0, errors);
            L.Store(e1, errors + Lanes);
            even = L.Madd(L.Broadcast(factors[k]), e0, even);
            odd = L.Madd(L.Broadcast(factors[k + 1]), e1, odd);
        }

        if (k + 1 < count)
        {
            var e = X.Permute(L.Load(errors), move);
            L.Store(e, errors);
            even = L.Madd(L.Broadcast(factors[k]), e, even);
            errors += Lanes;
            k++;
        }

        if (k < count)
        {
            odd = L.Madd(L.Broadcast(factors[k]), L.Load(errors), odd);
        }

        L.Store(L.Add(even, odd), z);
    }

    /// <summary>Takes the errors of a whole block off all later columns.</summary>
    private static void PassOn(RoundingBatch batch, int next, int padded, float* panel)
    {
        for (var v = 0; v < Lanes; v += 16)
        {
            Reorder(batch.Errors + v, batch.Last + v);
        }

        for (var k = next; k < padded; k += ColumnBasis.PanelColumns, panel += ColumnBasis.PanelColumns * BlockColumns)
        {
            for (var v = 0; v < Lanes; v += 16)
            {
                var target = batch.Target + (k * Lanes) + v;
                if (X.UpdateColumns == 8)
                {
                    UpdateEight(target, batch.Errors + v, panel, batch.Origin + v);
                }
                else
                {
                    UpdateFour(target, batch.Errors + v, panel, batch.Origin + v);
                    UpdateFour(target + (4 * Lanes), batch.Errors + v, panel + 4, batch.Origin + v);
                }
            }
        }
    }

    private static void Reorder(float* errors, float* last)
    {
        var move = L.Load(last);
        for (var k = 0; k < BlockColumns - 1; k++, errors += Lanes)
        {
            L.Store(X.Permute(L.Load(errors), move), errors);
        }
    }

    private static void UpdateFour(float* t, float* errors, float* u, float* origin)
    {
        var o = L.Load(origin);
        L a = X.Permute(L.Load(t), o), b = X.Permute(L.Load(t + Lanes), o), c = X.Permute(L.Load(t + (2 * Lanes)), o), d = X.Permute(L.Load(t + (3 * Lanes)), o);
        for (var k = 0; k < BlockColumns; k++, errors += Lanes, u += ColumnBasis.PanelColumns)
        {
            var e = L.Load(errors);
            a = L.Madd(L.Broadcast(u[0]), e, a);
            b = L.Madd(L.Broadcast(u[1]), e, b);
            c = L.Madd(L.Broadcast(u[2]), e, c);
            d = L.Madd(L.Broadcast(u[3]), e, d);
        }

        L.Store(a, t);
        L.Store(b, t + Lanes);
        L.Store(c, t + (2 * Lanes));
        L.Store(d, t + (3 * Lanes));
    }

    private static void UpdateEight(float* t, float* errors, float* u, float* origin)
    {
        var o = L.Load(origin);
        L a = X.Permute(L.Load(t), o), b = X.Permute(L.Load(t + Lanes), o), c = X.Permute(L.Load(t + (2 * Lanes)), o), d = X.Permute(L.Load(t + (3 * Lanes)), o);
        L f = X.Permute(L.Load(t + (4 * Lanes)), o), g = X.Permute(L.Load(t + (5 * Lanes)), o), h = X.Permute(L.Load(t + (6 * Lanes)), o), i = X.Permute(L.Load(t + (7 * Lanes)), o);
        for (var k = 0; k < BlockColumns; k++, errors += Lanes, u += ColumnBasis.PanelColumns)
        {
            var e = L.Load(errors);
            a = L.Madd(L.Broadcast(u[0]), e, a);
            b = L.Madd(L.Broadcast(u[1]), e, b);
            c = L.Madd(L.Broadcast(u[2]), e, c);
            d = L.Madd(L.Broadcast(u[3]), e, d);
            f = L.Madd(L.Broadcast(u[4]), e, f);
            g = L.Madd(L.Broadcast(u[5]), e, g);
            h = L.Madd(L.Broadcast(u[6]), e, h);
            i = L.Madd(L.Broadcast(u[7]), e, i);
        }

        L.Store(a, t);
        L.Store(b, t + Lanes);
        L.Store(c, t + (2 * Lanes));
        L.Store(d, t + (3 * Lanes));
        L.Store(f, t + (4 * Lanes));
        L.Store(g, t + (5 * Lanes));
        L.Store(h, t + (6 * Lanes));
        L.Store(i, t + (7 * Lanes));
    }
}
