namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>
/// Threads that share the chunks of a job, each claimed when a thread is free. Chunks never share a sum, so results do not depend on the number of threads.
/// (Not the runtime's pool: jobs here take milliseconds, and a build should not spin.)
/// </summary>
internal sealed class Workers(int threads, CancellationToken cancellation)
{
    public int Threads { get; } = Math.Max(1, threads);

    public CancellationToken Cancellation => cancellation;

    /// <summary>Runs chunks 0 … <paramref name="chunks"/> − 1; <paramref name="body"/> is told the chunk and the worker (0 … Threads − 1), which runs one chunk at a time.</summary>
    public void Run(int chunks, Action<int, int> body)
    {
        cancellation.ThrowIfCancellationRequested();
        if (Threads == 1 || chunks <= 1)
        {
            for (var i = 0; i < chunks; i++)
            {
                body(i, 0);
            }

            return;
        }

        var next = -1;
        Parallel.For(0, Math.Min(Threads, chunks), new ParallelOptions { MaxDegreeOfParallelism = Threads }, worker =>
        {
            for (int chunk; (chunk = Interlocked.Increment(ref next)) < chunks;)
            {
                body(chunk, worker);
            }
        });
    }

    /// <summary>Runs over [0, <paramref name="count"/>) in ranges of at most <paramref name="size"/>: begin, end, worker.</summary>
    public void Ranges(int count, int size, Action<int, int, int> body) =>
        Run((count + size - 1) / size, (chunk, worker) => body(chunk * size, Math.Min(count, (chunk + 1) * size), worker));
}
