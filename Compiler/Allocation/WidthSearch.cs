namespace ModelPack.Compiler.Allocation;

/// <summary>Finds the narrowest width that is good enough, where wider ones are better.</summary>
internal static class WidthSearch
{
    /// <param name="first">Likely answer: its neighbours decide.</param>
    /// <param name="narrowest">Least width.</param>
    /// <param name="widest">Largest width.</param>
    /// <param name="keeps">Whether a width is good enough; asked once for each.</param>
    /// <returns>Null: not even the widest is.</returns>
    public static int? Narrowest(int first, int narrowest, int widest, Func<int, bool> keeps)
    {
        var width = first;
        if (keeps(width))
        {
            while (width > narrowest && keeps(width - 1))
            {
                width--;
            }

            return width;
        }

        while (width < widest)
        {
            if (keeps(++width))
            {
                return width;
            }
        }

        return null;
    }
}
