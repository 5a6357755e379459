namespace ModelPack;

/// <summary>
/// Who may use a generator when: one call at a time, and what it owns is freed only between steps. So disposing it from another thread, in the middle of a
/// token or of a stream that nobody reads to its end, is safe.
/// </summary>
internal sealed class GeneratorLease(Action free) : IDisposable
{
    private readonly Lock _gate = new();
    private bool _entered, _stepping, _disposed;

    /// <summary>Begins a call.</summary>
    /// <exception cref="ModelPackException">MP5203: another one has not ended.</exception>
    public void Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(TextGenerator));
            if (_entered)
            {
                throw new ModelPackException(
                    MpCodes.GeneratorBusy,
                    "this TextGenerator is in use by another call; expected one at a time. Read its stream to the end, or dispose of the enumerator; for several texts at once create a generator for each.");
            }

            _entered = true;
        }
    }

    public void Exit()
    {
        lock (_gate)
        {
            _entered = false;
        }
    }

    /// <summary>Within a call: keeps what is owned alive until the result is disposed.</summary>
    public StepScope Step()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(TextGenerator));
            _stepping = true;
            return new(this);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_stepping)
            {
                return;
            }
        }

        free();
    }

    private void EndStep()
    {
        lock (_gate)
        {
            _stepping = false;
            if (!_disposed)
            {
                return;
            }
        }

        free();
    }

    internal readonly struct StepScope(GeneratorLease lease) : IDisposable
    {
        public void Dispose() => lease.EndStep();
    }
}
