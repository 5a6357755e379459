namespace ModelPack.Entropy;

/// <summary>Sequences of side information, by one <see cref="BinaryDecoder"/>.</summary>
internal static class SideNumbers
{
    /// <summary>Labels of at most this many bits have a tree; larger ones are numbers.</summary>
    public const int TreeBits = 12;

    /// <summary>
    /// A permutation that consists of ascending runs: for each source the run in which it lies. Rows sorted by class, in their order otherwise, have as many runs as classes.
    /// </summary>
    /// <param name="from">The decoder.</param>
    /// <param name="order">Source at each position.</param>
    /// <exception cref="CorruptStreamException">More runs than sources.</exception>
    public static void Order(ref BinaryDecoder from, Span<int> order)
    {
        var runs = from.Number(new()) + 1L;
        if (runs > order.Length)
        {
            throw new CorruptStreamException($"an order of {order.Length} has {runs} runs");
        }

        var bits = LabelBits((int)runs);
        var tree = BinaryModel.New(1 << Math.Min(bits, TreeBits));
        var numbers = new NumberModel();
        var labels = new int[order.Length];
        var starts = new int[runs + 1];
        for (var i = 0; i < labels.Length; i++)
        {
            var label = bits <= TreeBits ? (uint)from.Tree(tree, bits) : from.Number(numbers);
            if (label >= runs)
            {
                throw new CorruptStreamException($"source {i} lies in run {label} of {runs}");
            }

            labels[i] = (int)label;
            starts[label + 1]++;
        }

        for (var r = 0; r < runs; r++)
        {
            starts[r + 1] += starts[r];
        }

        for (var i = 0; i < labels.Length; i++)
        {
            order[starts[labels[i]]++] = i;
        }
    }

    /// <summary>Numbers that are near the ones before.</summary>
    public static void Differences(ref BinaryDecoder from, Span<int> values)
    {
        var model = new NumberModel();
        var last = 0;
        foreach (ref var value in values)
        {
            value = last = unchecked(last + from.Signed(model));
        }
    }

    public static int LabelBits(int runs) => runs <= 1 ? 0 : System.Numerics.BitOperations.Log2((uint)runs - 1) + 1;
}
