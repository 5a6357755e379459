using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Profiles;

/// <summary>A kind of resident weight whose kernels are measured, and how to make one of any size fast.</summary>
internal abstract unsafe class SyntheticWeight
{
    protected SyntheticWeight(MatrixKernel kernel) => Kernel = kernel;

    public MatrixKernel Kernel { get; }

    /// <summary>What profiles call it.</summary>
    public abstract DecodeKind Kind { get; }

    /// <summary>As the table has it.</summary>
    public abstract string Name { get; }

    /// <summary>Rows that make an independent piece of the resident form; weights have whole pieces.</summary>
    public abstract int PieceRows { get; }

    /// <summary>Bytes of the resident form.</summary>
    public abstract long Bytes(int rows, int columns);

    /// <summary>Writes the resident form.</summary>
    public abstract void Fill(byte* to, int rows, int columns);

    /// <summary>All: widths of the tiled family, formats of the others.</summary>
    public static IEnumerable<SyntheticWeight> All()
    {
        foreach (var kernel in KernelTable.All.Where(k => k.Format.Family == WeightFamily.Tiled))
        {
            for (var width = 2; width <= 8; width++)
            {
                yield return new TiledWeight(kernel, width, escapesPerTile: 0);
                if (width == 4)
                {
                    // .05% of the codes.
                    yield return new TiledWeight(kernel, width, escapesPerTile: 2);
                }
            }
        }

        foreach (var kernel in KernelTable.All.Where(k => k.Format.Family != WeightFamily.Tiled))
        {
            yield return new RowWeight(kernel);
        }
    }

    /// <summary>Copies the first <paramref name="pattern"/> bytes until <paramref name="bytes"/> are full: random bytes for a gigabyte would take longer than measuring.</summary>
    protected static void Repeat(byte* to, long pattern, long bytes)
    {
        for (var done = pattern; done < bytes;)
        {
            var count = Math.Min(done, bytes - done);
            Buffer.MemoryCopy(to, to + done, count, count);
            done += count;
        }
    }
}
