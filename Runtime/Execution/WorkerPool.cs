using System.Diagnostics;
using System.Runtime.InteropServices;

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
/// <para>Each worker has a share of the chunks, the same of every job of a kind, so that its part of the weights stays in its own cache, and claims them one by one; who has none
/// left takes those of the others. So a worker that the operating system has set aside costs at most its one chunk.
/// A ticket holds the job's number, the end of the share and the next chunk in one 64-bit word: a worker that comes late cannot mix up jobs.</para>
/// <para>What one core writes costs another one up to 250 ns to see where they have no cache in common, and a small job takes 5,000: so what workers write often lies in
/// lines of their own, and nobody looks at another's line before its own chunks are done.</para>
/// <para>Where the machine is busy and the caller keeps waiting for a worker that is not running, the pool falls back to the caller alone for a
/// while, doubling the time at each failure: slower than two free cores, never slower than one.</para>
/// <para>Between jobs workers do pieces of <see cref="Offer"/>ed background work. A job never waits for one: a worker in the middle of a piece has claimed none of its chunks.</para>
/// <para>One job at a time: a caller that finds the pool in use (another generator) runs its job alone.</para>
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 16000;
    private const int EndShift = 20;
    private const int NumberShift = 40;
    private const long ChunkMask = (1L << EndShift) - 1;
    private const long NumberMask = (1L << 23) - 1;

    // A wait for a straggler beyond this, and beyond several chunks' time, is not imbalance but a descheduled thread.
    private static readonly long s_stallTicks = Stopwatch.Frequency / 4000;
    private const int StallChunks = 4;

    private readonly Thread[] _threads;
    private readonly Share[] _shares;
    private readonly object _sleep = new();
    private readonly Lock _gate = new();
    private ParallelJob _job = null!;
    private volatile IBackgroundWork? _background;
    private long _number;
    private long _issued;
    private int _sleeping;
    private volatile bool _stop;
    private int _soloJobs;
    private int _soloLength = 64;

    public WorkerPool(int threads)
    {
        Threads = threads;
        _shares = new Share[threads];
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

    /// <summary>First chunk of a worker's share; of the one behind the last, <paramref name="chunks"/>.</summary>
    internal int FirstOf(int worker, int chunks) => (int)((long)chunks * worker / Threads);

    /// <summary>Runs chunks 0 … <paramref name="chunks"/> − 1 of the job and returns when all are done.</summary>
    public void Run(ParallelJob job, int chunks)
    {
        Debug.Assert(chunks <= ChunkMask);
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

            RunShared(job, chunks);
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

    private void RunShared(ParallelJob job, int chunks)
    {
        // Mostly the same one: its line then stays in the other workers' caches.
        if (_job != job)
        {
            _job = job;
        }

        _issued += chunks;
        _number = (_number + 1) & NumberMask;
        for (var w = 0; w < Threads; w++)
        {
            Volatile.Write(ref _shares[w].Ticket, (_number << NumberShift) | ((long)FirstOf(w + 1, chunks) << EndShift) | (uint)FirstOf(w, chunks));
        }

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
        WaitForStragglers(Math.Max(s_stallTicks, StallChunks * chunkTicks));
    }

    private bool IsDone()
    {
        long done = 0;
        foreach (ref var share in _shares.AsSpan())
        {
            done += Volatile.Read(ref share.Done);
        }

        return done == _issued;
    }

    private void WaitForStragglers(long stallTicks)
    {
        var spins = 0;
        long start = 0;
        while (!IsDone())
        {
            Thread.SpinWait(1);
            if (++spins == 1600)
            {
                start = Stopwatch.GetTimestamp();
            }
            else if (spins > 1600 && spins % 512 == 0)
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

    /// <summary>Claims and runs chunks until none is left, the worker's own first; returns how many it ran.</summary>
    private int Claim(int worker)
    {
        var ran = 0;
        for (var i = 0; i < Threads; i++)
        {
            var from = worker + i < Threads ? worker + i : worker + i - Threads;
            while (TryClaim(ref _shares[from].Ticket, out var chunk))
            {
                // The job cannot end before this chunk is counted, so _job is the one the ticket belongs to.
                _job.Run(chunk, worker);
                ran++;
                ref var done = ref _shares[worker].Done;
                Volatile.Write(ref done, done + 1);
            }
        }

        return ran;
    }

    private static bool TryClaim(ref long ticket, out int chunk)
    {
        var seen = Volatile.Read(ref ticket);
        if (HasChunk(seen))
        {
            seen = Interlocked.Increment(ref ticket) - 1;
        }

        chunk = (int)(seen & ChunkMask);
        return HasChunk(seen);
    }

    private static bool HasChunk(long ticket) => (ticket & ChunkMask) < ((ticket >> EndShift) & ChunkMask);

    private void Work(int worker)
    {
        if (worker < _threads.Length)
        {
            _threads[worker].Start();
        }

        while (!_stop)
        {
            var seen = Volatile.Read(ref _shares[worker].Ticket);
            Claim(worker);
            if (!RunBackground())
            {
                WaitForJob(ref _shares[worker].Ticket, seen >> NumberShift);
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

    private void WaitForJob(ref long ticket, long number)
    {
        for (var i = 0; i < SpinsBeforeSleep; i++)
        {
            if (Volatile.Read(ref ticket) >> NumberShift != number || _stop || _background is not null)
            {
                return;
            }

            Thread.SpinWait(1);
        }

        lock (_sleep)
        {
            Interlocked.Increment(ref _sleeping);
            while (Volatile.Read(ref ticket) >> NumberShift == number && !_stop && _background is null)
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

    /// <summary>A worker's part of a job: lines of their own for what it claims from (others write to it when they help out) and for what it has done (others only read it).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 4 * LineBytes)]
    private struct Share
    {
        // The line before belongs to the neighbour's: processors fetch lines in pairs.
        private const int LineBytes = 64;

        /// <summary>Job, end and next chunk.</summary>
        [FieldOffset(0)]
        public long Ticket;

        /// <summary>Chunks that this worker has ever run.</summary>
        [FieldOffset(2 * LineBytes)]
        public long Done;
    }
}
