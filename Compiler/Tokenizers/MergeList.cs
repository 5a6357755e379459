namespace ModelPack.Compiler.Tokenizers;

/// <summary>The merges of a byte-level vocabulary, as tokens.</summary>
internal static class MergeList
{
    /// <summary>In order of rank; of two equal pairs the first counts.</summary>
    public static List<Merge> Read(TokenizerSource source, Vocabulary vocabulary)
    {
        var merges = new List<Merge>(source.Merges.Count);
        var seen = new HashSet<ulong>();
        var byText = vocabulary.IdOf.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var rank = 0; rank < source.Merges.Count; rank++)
        {
            // A space at the very beginning belongs to the left text.
            var text = source.Merges[rank].AsSpan();
            var space = text.Length < 3 ? -1 : text[1..].IndexOf((byte)' ') + 1;
            if (space <= 0 || space == text.Length - 1)
            {
                throw Malformed(rank, text, "expected two texts with a space between");
            }

            var left = Token(byText, rank, text, text[..space]);
            var right = Token(byText, rank, text, text[(space + 1)..]);
            var merged = Token(byText, rank, text, [.. text[..space], .. text[(space + 1)..]]);
            if (seen.Add(MergeSlot.Pair(left, right)))
            {
                merges.Add(new(left, right, merged, rank));
            }
        }

        return merges;
    }

    private static int Token(Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> byText, int rank, ReadOnlySpan<byte> merge, ReadOnlySpan<byte> text) =>
        byText.TryGetValue(text, out var id) ? id : throw Malformed(rank, merge, $"'{Vocabulary.Printable(text)}' is no token");

    private static ModelPackException Malformed(int rank, ReadOnlySpan<byte> merge, string problem) =>
        new(CompilerCodes.MergeMalformed, $"Merge {rank} ('{Vocabulary.Printable(merge)}'): {problem}. Convert the model anew.");

    internal readonly record struct Merge(int Left, int Right, int Merged, int Rank)
    {
        public ulong Pair => MergeSlot.Pair(Left, Right);
    }
}
