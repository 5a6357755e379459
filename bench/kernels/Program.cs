using System.Globalization;
using ModelPack;
using ModelPack.Bench;
using ModelPack.Execution;
using ModelPack.Kernels;

// Sizes of W: half of an L2 cache of 1 MB per thread; and beyond any cache, so that it comes from memory.
const long CacheBytes = 512 * 1024;
const long MemoryBytes = 400_000_000;

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

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine("Medians (best), W·x and W·X with int8 activations (plain formats: f32). Gw/s: 10^9 weights times activations a second; GB/s: bytes of W.");
Console.WriteLine($"{"format",-20}{"rung",-9}{"threads",8}   {"GEMV in L2, Gw/s",-20}{"GEMV memory, Gw/s",-20}{"GB/s",-16}GEMM of {arguments.Tokens}, Gw/s");
foreach (var threads in arguments.Threads)
{
    using var pool = new WorkerPool(threads);
    foreach (var kernel in KernelTable.All.Where(k => k.Format.ToString().Contains(arguments.Format, StringComparison.OrdinalIgnoreCase)))
    {
        foreach (var set in arguments.Sets)
        {
            var inCache = Measure(kernel, set, pool, CacheBytes * threads, tokens: 1);
            var fromMemory = Measure(kernel, set, pool, MemoryBytes, tokens: 1);
            var gemm = Measure(kernel, set, pool, CacheBytes * threads, arguments.Tokens);
            Console.WriteLine($"{kernel.Format,-20}{set,-9}{threads,8}   {Weights(inCache),-20}{Weights(fromMemory),-20}{Bytes(fromMemory),-16}{Weights(gemm)}");
        }
    }
}

return 0;

Figure Measure(MatrixKernel kernel, KernelSet set, WorkerPool pool, long bytes, int tokens)
{
    using var work = new MatrixCase(kernel, set, pool, bytes, arguments.Columns, tokens);
    return new(Stopwatches.Measure(work.Run, arguments.Seconds), work.Weights * tokens, work.Bytes);
}

static string Weights(Figure f) => $"{f.Products / f.Times.Median / 1e9:F1} ({f.Products / f.Times.Best / 1e9:F1})";

static string Bytes(Figure f) => $"{f.Bytes / f.Times.Median / 1e9:F1} ({f.Bytes / f.Times.Best / 1e9:F1})";

internal readonly record struct Figure(Stopwatches.Times Times, long Products, long Bytes);
