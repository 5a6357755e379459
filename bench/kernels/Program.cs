using System.Globalization;
using ModelPack;
using ModelPack.Bench;
using ModelPack.Compiler.Profiles;
using ModelPack.Execution;

// Half of an L2 cache of 1 MB for each thread.
const long CacheBytes = 512 * 1024;
// Parts of W in memory that are timed one by one.
const int Slices = 16;
// A pool that waited for a thread without a core works alone for a while; a new one tries again.
const int Pools = 3;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Arguments arguments;
try
{
    arguments = Arguments.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine($"{e.Message}\n\n{Arguments.Usage}");
    return 2;
}

SyntheticWeight[] weights =
[
    .. SyntheticWeight.All()
        .Where(w => arguments.Family is null || w.Kernel.Format.Family == arguments.Family)
        .Where(w => w.Name.Contains(arguments.Format, StringComparison.OrdinalIgnoreCase)),
];
if (weights.Length == 0)
{
    Console.Error.WriteLine("no weight has such a name");
    return 2;
}

Place[] places = arguments.Tokens > 0 ? [Place.L2, Place.Memory, Place.Gemm] : [Place.L2, Place.Memory];
RateColumn[] columns = [.. arguments.Sets.SelectMany(s => places.SelectMany(p => arguments.Threads.Select(t => new RateColumn(s, p, t))))];
var table = new RateTable(columns);
// One piece for all: the system takes longer to hand out a gigabyte than a kernel to read it.
using var memory = new NativeBuffer(ResidentWeight.Room(arguments.MemoryBytes));
for (var round = 1; round <= arguments.Rounds; round++)
{
    foreach (var weight in weights)
    {
        Console.Error.WriteLine($"round {round} of {arguments.Rounds}: {weight.Name}");
        using var large = new ResidentWeight(weight, arguments.MemoryBytes, arguments.Columns, Slices, memory);
        var bits = 8.0 * large.Bytes / ((double)large.Rows * large.Columns);
        foreach (var threads in arguments.Threads)
        {
            using var small = new ResidentWeight(weight, CacheBytes * threads, arguments.Columns, threads);
            foreach (var column in columns.Where(c => c.Threads == threads))
            {
                table.Add(weight.Name, bits, column, Rate(column, column.Place == Place.Memory ? large : small));
            }
        }
    }
}

Console.WriteLine($"10^9 weights a second, the best of {arguments.Rounds} rounds of {arguments.Seconds} s. One token, int8 activations (plain formats: f32); W of {CacheBytes >> 10} KiB a thread in L2, of {arguments.MemoryBytes >> 20} MiB in memory.");
if (arguments.Tokens > 0)
{
    Console.WriteLine($"Gemm: {arguments.Tokens} tokens, weights times tokens a second, W in L2.");
}

Console.WriteLine();
Console.Write(arguments.Markdown ? table.ToMarkdown() : table.ToString());
return 0;

double Rate(RateColumn column, ResidentWeight weight)
{
    var best = double.MaxValue;
    long products = 0;
    for (var i = 0; i < Pools; i++)
    {
        using var pool = new WorkerPool(column.Threads);
        using var work = new MatrixCase(
            weight, column.Set, pool, column.Place == Place.Gemm ? arguments.Tokens : 1, column.Place == Place.Memory ? Slices : 1, own: column.Place == Place.L2);
        products = work.Products;
        best = Math.Min(best, Stopwatches.Measure(work.Run, arguments.Seconds / Pools).Best);
    }

    return products / best;
}
