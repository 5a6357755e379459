using ModelPack.Kernels;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// Recipe F for one matrix: steps, classes and order of rows, then by row group a first rounding without bounds, from it the widths of the tiles, and the rounding that knows them.
/// Row groups are independent, so they may run on any threads.
/// </summary>
internal sealed unsafe class MatrixQuantizer
{
    private const int Lanes = RoundingBatch.Lanes;

    private readonly float[] _values;
    private readonly RoundingOptions _options;
    private readonly ColumnBasis _basis;
    private readonly float[] _inverseScales;
    private readonly float[] _inverseSteps;
    private readonly double[] _rowWeights;
    private readonly double[] _columnCost;
    private readonly double[] _divergence;
    private readonly KernelSet _kernels;

    /// <param name="name">For messages.</param>
    /// <param name="values">[rows, columns].</param>
    /// <param name="statistics">Moments of the input and weights of the rows.</param>
    /// <param name="options">λ and the rest.</param>
    /// <param name="parallel">Threads for the basis, where it is not there yet.</param>
    /// <exception cref="ModelPackException">MP3301, MP2013.</exception>
    public MatrixQuantizer(string name, float[] values, MatrixStatistics statistics, RoundingOptions options, ParallelOptions parallel)
    {
        int rows = statistics.RowWeights.Length, columns = statistics.Input.Columns;
        Trellis.Check(options.States);
        if (!(options.Lambda > 0 && double.IsFinite(options.Lambda)))
        {
            throw new ArgumentException($"λ is {options.Lambda}; expected a positive number.");
        }

        StatisticsCheck.RowWeights(statistics.RowWeights, rows);
        StatisticsCheck.Values(name, values, rows, columns);
        (_values, _options, _kernels) = (values, options, KernelSets.Resolve(options.Kernels));
        _basis = ColumnBasis.From(statistics.Input, options.Damping, parallel);
        _inverseScales = [.. _basis.ScaleExponents.Select(e => (float)Octaves.Power(-e, ColumnBasis.ScaleStepsPerOctave))];
        _columnCost = [.. _basis.Importance.Select((h, j) => h * Octaves.Power(2 * _basis.ScaleExponents[j], ColumnBasis.ScaleStepsPerOctave))];
        _rowWeights = RowSteps.Positive(statistics.RowWeights);

        var bySource = new float[columns];
        for (var j = 0; j < columns; j++)
        {
            bySource[_basis.Order[j]] = _inverseScales[j];
        }

        var exponents = RowSteps.Exponents(values, bySource, _rowWeights, options.Lambda, _basis.MeanScaledImportance, options.EscapeBits * options.ResidentPrice);
        _inverseSteps = [.. exponents.Select(e => (float)Octaves.Power(-e, RowSteps.PerOctave))];
        var classes = CodeClasses.Fit(values, rows, bySource, _inverseSteps);
        var order = Enumerable.Range(0, rows).OrderBy(i => classes.Rows[i]).ToArray();
        var groups = (rows + TiledMatrix.TileRows - 1) / TiledMatrix.TileRows;
        _divergence = new double[groups];
        Result = new()
        {
            Rows = rows,
            Columns = columns,
            States = options.States,
            RowOrder = order,
            ColumnOrder = _basis.Order,
            RowExponents = [.. order.Select(i => exponents[i])],
            RowStepsPerOctave = RowSteps.PerOctave,
            ColumnExponents = _basis.ScaleExponents,
            RowClasses = [.. Enumerable.Range(0, groups).Select(g => CodeClasses.RowClass(order.Skip(g * TiledMatrix.TileRows).Take(TiledMatrix.TileRows).Average(i => classes.RowVariances[i])))],
            ColumnClasses = [.. _basis.Order.Select(j => classes.Columns[j])],
            Widths = new byte[groups * ((columns + TiledMatrix.TileColumns - 1) / TiledMatrix.TileColumns)],
            Codes = new short[checked(groups * columns * TiledMatrix.TileRows)],
        };
    }

    /// <summary>The codes of row groups that were rounded; zeros before.</summary>
    public TiledMatrix Result { get; }

    /// <summary>Columns for which a <see cref="RoundingBatch"/> must have room.</summary>
    public int Padded => _basis.Padded;

    /// <summary>Σ err H errᵀ G / 2 over all rows, H with its damping: about the divergence that this matrix adds, in nats per token.</summary>
    public double ExpectedDivergence => _divergence.Sum();

    /// <summary>Rounds row group <paramref name="group"/>.</summary>
    public void Round(int group, RoundingBatch batch)
    {
        var widths = Result.Widths.AsSpan(group * Result.Blocks, Result.Blocks);
        var first = group * TiledMatrix.TileRows;
        var rows = Math.Min(TiledMatrix.TileRows, Result.Rows - first);

        var free = new RoundingPlan(_basis, 1, _options.ScalarTables);
        free.SetClass(Result.RowClasses[group], Result.ColumnClasses);
        Load(batch, first, rows, free);
        free.Round(batch, _kernels);
        Span<double> rowCost = stackalloc double[TiledMatrix.TileRows];
        for (var i = 0; i < rows; i++)
        {
            rowCost[i] = RowCost(first + i);
        }

        var bitPrice = _options.Lambda * _options.ResidentPrice;
        TileWidths.Choose(new(batch.Codes, Result.Columns * Lanes), rows, rowCost, _columnCost, bitPrice, bitPrice * _options.EscapeBits, widths);

        var plan = new RoundingPlan(_basis, _options.States, _options.Tables) { EscapeBits = (float)(_options.EscapeBits * _options.ResidentPrice) };
        plan.SetClass(Result.RowClasses[group], Result.ColumnClasses);
        for (var b = 0; b < widths.Length; b++)
        {
            plan.Bounds[b] = TiledMatrix.Range(widths[b], _options.States);
        }

        for (var r = 0; r < rows; r += plan.RowsPerBatch)
        {
            var count = Math.Min(plan.RowsPerBatch, rows - r);
            Load(batch, first + r, count, plan);
            plan.Round(batch, _kernels);
            _divergence[group] += _options.Lambda * SurvivorPath.Take(batch, plan, count, Result.Codes.AsSpan(group * Result.Columns * Lanes, Result.Columns * Lanes), r);
        }
    }

    /// <summary>Divergence of an error of one step in a column of cost 1.</summary>
    private double RowCost(int position) => _rowWeights[Result.RowOrder[position]] * Octaves.Power(2 * Result.RowExponents[position], Result.RowStepsPerOctave) / 2;

    /// <summary>Puts rows into the lanes: row r in lanes r · states …, the first state alone being possible at the start. Lanes beyond the last row repeat it.</summary>
    private void Load(RoundingBatch batch, int first, int count, RoundingPlan plan)
    {
        var states = plan.States;
        var stepsPerCode = states > 1 ? 2 : 1;
        for (var r = 0; r < plan.RowsPerBatch; r++)
        {
            var position = first + Math.Min(r, count - 1);
            var source = Result.RowOrder[position];
            var target = batch.Target + (r * states);
            LoadRow(_values.AsSpan(source * Result.Columns, Result.Columns), _inverseSteps[source] * stepsPerCode, target, states);
            var weight = (float)(RowCost(position) / (_options.Lambda * stepsPerCode * stepsPerCode));
            for (var s = 0; s < states; s++)
            {
                batch.Weight[(r * states) + s] = weight;
                batch.Metric[(r * states) + s] = s == 0 ? 0 : 1e30f;
            }
        }

        new Span<float>(batch.Target + (Result.Columns * Lanes), (_basis.Padded - Result.Columns) * Lanes).Clear();
    }

    private void LoadRow(ReadOnlySpan<float> row, float inverseStep, float* target, int states)
    {
        int[] order = _basis.Order;
        float[] scales = _inverseScales;
        for (var j = 0; j < order.Length; j++, target += Lanes)
        {
            var z = row[order[j]] * scales[j] * inverseStep;
            for (var s = 0; s < states; s++)
            {
                target[s] = z;
            }
        }
    }
}
