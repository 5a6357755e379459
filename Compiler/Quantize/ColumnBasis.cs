using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// What GPTQ (Frantar et al. 2022) needs of a matrix's input: the order of columns, their scales, and the factor along which errors are passed on.
/// With H the damped second moments in that order, H⁻¹ = Uᵀ U, U upper; h_j = 1 / U_jj² is what is left of column j once the later ones have made up for it.
/// </summary>
internal sealed class ColumnBasis
{
    /// <summary>Columns whose errors are passed on among themselves at once, and to the rest together.</summary>
    public const int BlockColumns = 32;

    /// <summary>Columns in one run of a panel.</summary>
    public const int PanelColumns = 8;

    private static readonly ConditionalWeakTable<InputMoments, Dictionary<Damping, ColumnBasis>> s_cache = [];

    private readonly int[] _panelStart;

    private ColumnBasis(int columns, int rows, int[] order, UpperFactor factor)
    {
        (Columns, Order) = (columns, order);
        Padded = (columns + BlockColumns - 1) / BlockColumns * BlockColumns;
        Importance = new double[columns];
        ScaleExponents = new int[columns];
        double mean = 0;
        for (var j = 0; j < columns; j++)
        {
            var d = factor[j, j];
            Importance[j] = 1 / (d * d);
            mean += Importance[j] / columns;
        }

        for (var j = 0; j < columns; j++)
        {
            ScaleExponents[j] = SideGrid.Round(Math.Sqrt(mean / Importance[j]), ScaleStepsPerOctave, rows);
        }

        FactorRange.Limit(ScaleExponents, ScaleStepsPerOctave);
        for (var j = 0; j < columns; j++)
        {
            var c = Octaves.Power(ScaleExponents[j], ScaleStepsPerOctave);
            MeanScaledImportance += Importance[j] * c * c / columns;
        }

        _panelStart = new int[(Padded / BlockColumns) + 1];
        for (var b = 0; b < Padded / BlockColumns; b++)
        {
            _panelStart[b + 1] = checked(_panelStart[b] + (BlockColumns * BlockColumns) + (BlockColumns * (Padded - ((b + 1) * BlockColumns))));
        }

        Panels = GC.AllocateArray<float>(_panelStart[^1], pinned: true);
        InverseDiagonal = new float[columns];
        Fill(factor);
    }

    /// <summary>Resolution of <see cref="ScaleExponents"/>: c = 2^(e / 8).</summary>
    public const int ScaleStepsPerOctave = TiledLayout.ColumnStepsPerOctave;

    public int Columns { get; }

    /// <summary>Columns rounded up to whole blocks of 32.</summary>
    public int Padded { get; }

    /// <summary>[Columns]: source column at each position.</summary>
    public int[] Order { get; }

    /// <summary>[Columns] by position: c_j = (h_j / mean h)^(−1/2), on the grid that so many rows are worth.</summary>
    public int[] ScaleExponents { get; }

    /// <summary>[Columns] by position: h_j.</summary>
    public double[] Importance { get; }

    /// <summary>Mean of h_j c_j².</summary>
    public double MeanScaledImportance { get; }

    /// <summary>[Columns] by position: c_j / U_jj.</summary>
    public float[] InverseDiagonal { get; }

    /// <summary>
    /// U with each column divided by c, in the order in which it is read. For each block of 32 columns: the block itself, transposed ([column][row]), then for every 8 later columns [32 rows][8].
    /// </summary>
    public float[] Panels { get; }

    /// <summary>Where the panel of block <paramref name="block"/> starts in <see cref="Panels"/>.</summary>
    public int PanelStart(int block) => _panelStart[block];

    /// <summary>The basis of an input, made once for each damping.</summary>
    /// <exception cref="ModelPackException">MP3301.</exception>
    public static ColumnBasis From(InputMoments moments, Damping damping, ParallelOptions parallel)
    {
        var bases = s_cache.GetOrCreateValue(moments);
        lock (bases)
        {
            if (!bases.TryGetValue(damping, out var basis))
            {
                StatisticsCheck.Moments(moments);
                var order = DescendingDiagonal(moments);
                using var factor = UpperFactor.Of(moments, order, damping, parallel);
                basis = bases[damping] = new(moments.Columns, moments.Rows, order, factor);
            }

            return basis;
        }
    }

    /// <summary>
    /// By descending second moment in half octaves, then by index: finer differences are worth nothing to the rounding, and an order made of a few ascending runs costs the pack less than any order.
    /// </summary>
    public static int[] DescendingDiagonal(InputMoments moments) =>
        [.. Enumerable.Range(0, moments.Columns).OrderByDescending(j => Octaves.Round(moments.Values[(j * moments.Columns) + j], 2))];

    private void Fill(UpperFactor factor)
    {
        var inverseScale = ScaleExponents.Select(e => Octaves.Power(-e, ScaleStepsPerOctave)).ToArray();
        for (var i = 0; i < Columns; i++)
        {
            InverseDiagonal[i] = (float)(1 / (factor[i, i] * inverseScale[i]));
            var block = i / BlockColumns;
            int start = _panelStart[block], end = (block + 1) * BlockColumns, row = i % BlockColumns;
            var u = factor.Row(i);
            for (var j = i; j < Columns; j++)
            {
                var value = (float)(u[Columns - 1 - j] * inverseScale[j]);
                Panels[j < end
                    ? start + ((j % BlockColumns) * BlockColumns) + row
                    : start + (BlockColumns * BlockColumns) + ((j - end) / PanelColumns * PanelColumns * BlockColumns) + (row * PanelColumns) + (j % PanelColumns)] = value;
            }
        }
    }
}
