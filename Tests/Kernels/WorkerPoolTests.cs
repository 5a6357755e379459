using ModelPack.Execution;

namespace ModelPack.Tests.Kernels;

public class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_chunk_of_every_job_runs_exactly_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        var job = new Counting(4096, threads);
        var random = new Random(1);
        for (var round = 0; round < 5000; round++)
        {
            var chunks = round % 100 == 0 ? 4096 : random.Next(0, 12);
            Array.Clear(job.Counts);
            pool.Run(job, chunks);
            for (var i = 0; i < chunks; i++)
            {
                Assert.Equal(1, job.Counts[i]);
            }

            Assert.Equal(0, job.Counts.Skip(chunks).Sum());
            if (round % 1000 == 999)
            {
                Thread.Sleep(3); // let the workers fall asleep
            }
        }

        Assert.False(job.WorkerOutOfRange);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_worker_that_is_held_up_costs_its_one_chunk(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (var round = 0; round < 200; round++)
        {
            var job = new HeldUp(8 * threads);
            pool.Run(job, 8 * threads);
            Assert.Equal(8 * threads, job.Done);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void Shares_are_consecutive_and_cover_all(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (var chunks in (int[])[0, 1, 3, 100, 1 << 19])
        {
            Assert.Equal(0, pool.FirstOf(0, chunks));
            Assert.Equal(chunks, pool.FirstOf(threads, chunks));
            Assert.All(Enumerable.Range(0, threads), w => Assert.InRange(pool.FirstOf(w + 1, chunks) - pool.FirstOf(w, chunks), chunks / threads, (chunks / threads) + 1));
        }
    }

    [Fact]
    public async Task Callers_on_several_threads_do_not_disturb_each_other()
    {
        using var pool = new WorkerPool(3);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            var job = new Counting(64, 3);
            for (var round = 0; round < 2000; round++)
            {
                Array.Clear(job.Counts);
                pool.Run(job, 64);
                Assert.All(job.Counts, count => Assert.Equal(1, count));
            }
        })));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Idle_workers_do_background_work_once_while_jobs_go_on(int threads)
    {
        using var pool = new WorkerPool(threads);
        var job = new Counting(64, threads);
        for (var round = 0; round < 100; round++)
        {
            var work = new Pieces(200);
            if (round % 10 == 9)
            {
                Thread.Sleep(2); // workers that sleep are woken
            }

            pool.Offer(work);
            for (var i = 0; i < 20; i++)
            {
                Array.Clear(job.Counts);
                pool.Run(job, 64);
                Assert.All(job.Counts, count => Assert.Equal(1, count));
            }

            while (threads > 1 && Volatile.Read(ref work.Done) < 200)
            {
                Thread.Yield();
            }

            Assert.True(work.RunOne() == (threads == 1), "the caller takes no part");
        }
    }

    private sealed class Pieces(int count) : IBackgroundWork
    {
        private int _next;

        public int Done;

        public bool RunOne()
        {
            if (Interlocked.Increment(ref _next) > count)
            {
                return false;
            }

            Thread.SpinWait(50);
            Interlocked.Increment(ref Done);
            return true;
        }
    }

    /// <summary>The first chunk that worker 1 takes lasts until all others are done: by others, then.</summary>
    private sealed class HeldUp(int chunks) : ParallelJob
    {
        private int _held;

        public int Done;

        public override void Run(int chunk, int worker)
        {
            if (worker == 1 && Interlocked.Exchange(ref _held, 1) == 0)
            {
                var wait = default(SpinWait);
                while (Volatile.Read(ref Done) < chunks - 1)
                {
                    wait.SpinOnce();
                }
            }

            Interlocked.Increment(ref Done);
        }
    }

    private sealed class Counting(int most, int threads) : ParallelJob
    {
        public int[] Counts { get; } = new int[most];

        public bool WorkerOutOfRange { get; private set; }

        public override void Run(int chunk, int worker)
        {
            Interlocked.Increment(ref Counts[chunk]);
            if (worker < 0 || worker >= threads)
            {
                WorkerOutOfRange = true;
            }
        }
    }
}
