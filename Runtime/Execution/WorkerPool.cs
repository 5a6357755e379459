using System.Diagnostics;

namespace ModelPack.Execution;

/// <summary>Work that is divided into chunks which any worker may run in any order.</summary>
internal abstract class ParallelJob
{
    /// <summary>Runs one chunk.</summary>
    /// <param name="chunk">0 … chunks − 1.</param>
    /// <param name="worker">0 … threads − 1; a worker runs one chunk at a time, so it may index scratch memory.</param>
    public abstract void Run(int chunk, int worker);
}

/// <summary>Work in small pieces for workers that have nothing better to do.</summary>
internal interface IBackgroundWork
{
    /// <summary>Does one piece, or returns false where none is left. Called by several workers at once; must not throw.</summary>
    bool RunOne();
}

/// <summary>
/// Threads that share the chunks of one job after the other: the caller is worker 0, the others wait spinning for some microseconds and then sleep.
/// </summary>
/// <remarks>
/// <para>Chunks are claimed one by one from a ticket counter, so a worker that the operating system has set aside costs at most its one chunk.
/// The ticket holds the job's number, the number of chunks and the next chunk in one 64-bit word: a worker that comes late cannot mix up jobs.</para>
/// <para>Where the machine is busy and the caller keeps waiting for a worker that is not running, the pool falls back to the caller alone for a
/// while, doubling the time at each failure: slower than two free cores, never slower than one.</para>
/// <para>Between jobs workers do pieces of <see cref="Offer"/>ed background work. A job never waits for one: a worker in the middle of a piece has claimed none of its chunks.</para>
/// <para>One job at a time: a caller that finds the pool in use (another generator) runs its job alone.</para>
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 4000;
    private const int CountShift = 20;
    private const int JobShift = 40;
    private const long FieldMask = (1L << CountShift) - 1;

    // A wait for a straggler beyond this, and beyond several chunks' time, is not imbalance but a descheduled thread.
    private static readonly long s_stallTicks = Stopwatch.Frequency / 4000;
    private const int StallChunks = 4;

    private readonly Thread[] _threads;
    private readonly object _sleep = new();
    private readonly Lock _gate = new();
    private ParallelJob _job = null!;
    private volatile IBackgroundWork? _background;
    private long _ticket;
    private int _done;
    private int _sleeping;
    private volatile bool _stop;
    private int _soloJobs;
    private int _soloLength = 64;

    public WorkerPool(int threads)
    {
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Work(worker), 256 * 1024) { IsBackground = true, Name = $"ModelPack {worker}" };
        }

        // Start waits until the thread runs: each starts the next, so that the caller waits for one.
        if (_threads.Length > 0)
        {
            _threads[0].Start();
        }
    }

    /// <summary>Workers, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs chunks 0 … <paramref name="chunks"/> − 1 of the job and returns when all are done.</summary>
    public void Run(ParallelJob job, int chunks)
    {
        Debug.Assert(chunks <= FieldMask);
        if (chunks <= 1 || _threads.Length == 0 || !_gate.TryEnter())
        {
            RunAlone(job, chunks);
            return;
        }

        try
        {
            if (_soloJobs > 0)
            {
                _soloJobs--;
                RunAlone(job, chunks);
                return;
            }

            Share(job, chunks);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Gives idle workers something to do until it is used up; the caller of jobs takes no part.</summary>
    public void Offer(IBackgroundWork work)
    {
        lock (_sleep)
        {
            _background = work;
            Monitor.PulseAll(_sleep);
        }
    }

    private static void RunAlone(ParallelJob job, int chunks)
    {
        for (var i = 0; i < chunks; i++)
        {
            job.Run(i, 0);
        }
    }

    private void Share(ParallelJob job, int chunks)
    {
        _job = job;
        Volatile.Write(ref _done, 0);
        var number = (Volatile.Read(ref _ticket) >> JobShift) + 1;
        Volatile.Write(ref _ticket, ((number & 0x7FFFFF) << JobShift) | ((long)chunks << CountShift));
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) > 0)
        {
            lock (_sleep)
            {
                Monitor.PulseAll(_sleep);
            }
        }

        var start = Stopwatch.GetTimestamp();
        var mine = Claim(0);
        var chunkTicks = (Stopwatch.GetTimestamp() - start) / Math.Max(mine, 1);
        WaitForStragglers(chunks, Math.Max(s_stallTicks, StallChunks * chunkTicks));
    }

    private void WaitForStragglers(int chunks, long stallTicks)
    {
        if (Volatile.Read(ref _done) == chunks)
        {
            return;
        }

        var spins = 0;
        long start = 0;
        while (Volatile.Read(ref _done) != chunks)
        {
            Thread.SpinWait(8);
            if (++spins == 200)
            {
                start = Stopwatch.GetTimestamp();
            }
            else if (spins > 200 && spins % 64 == 0)
            {
                Thread.Yield(); // the straggler may be waiting for this very core
            }
        }

        if (start != 0 && Stopwatch.GetTimestamp() - start > stallTicks)
        {
            _soloJobs = _soloLength;
            _soloLength = Math.Min(2 * _soloLength, 4096);
        }
        else if (_soloLength > 64)
        {
            _soloLength--;
        }
    }

    /// <summary>Claims and runs chunks until none is left; returns how many it ran.</summary>
    private int Claim(int worker)
    {
        for (var ran = 0; ; ran++)
        {
            var seen = Volatile.Read(ref _ticket);
            if ((seen & FieldMask) >= ((seen >> CountShift) & FieldMask))
            {
                return ran;
            }

            var mine = Interlocked.Increment(ref _ticket) - 1;
            var chunk = mine & FieldMask;
            if (chunk >= ((mine >> CountShift) & FieldMask))
            {
                return ran;
            }

            // The job cannot end before this chunk is counted, so _job is the one the ticket belongs to.
            _job.Run((int)chunk, worker);
            Interlocked.Increment(ref _done);
        }
    }

    private void Work(int worker)
    {
        if (worker < _threads.Length)
        {
            _threads[worker].Start();
        }

        while (!_stop)
        {
            var seen = Volatile.Read(ref _ticket);
            Claim(worker);
            if (!RunBackground())
            {
                WaitForJob(seen >> JobShift);
            }
        }
    }

    private bool RunBackground()
    {
        var work = _background;
        if (work is null)
        {
            return false;
        }

        if (!work.RunOne())
        {
            Interlocked.CompareExchange(ref _background, null, work);
        }

        return true;
    }

    private void WaitForJob(long number)
    {
        for (var i = 0; i < SpinsBeforeSleep; i++)
        {
            if (Volatile.Read(ref _ticket) >> JobShift != number || _stop || _background is not null)
            {
                return;
            }

            Thread.SpinWait(4);
        }

        lock (_sleep)
        {
            Interlocked.Increment(ref _sleeping);
            while (Volatile.Read(ref _ticket) >> JobShift == number && !_stop && _background is null)
            {
                Monitor.Wait(_sleep);
            }

            Interlocked.Decrement(ref _sleeping);
        }
    }

    public void Dispose()
    {
        _stop = true;
        lock (_sleep)
        {
            Monitor.PulseAll(_sleep);
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }
    }
}
