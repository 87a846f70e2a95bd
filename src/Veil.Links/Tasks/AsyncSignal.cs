using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Veil.Links.Tasks;

/// <summary>
/// Wakes one waiting loop: an auto-reset event without allocation. Any number of threads may set it, one task waits.
/// </summary>
public sealed class AsyncSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Set = 1;
    private const int Waiting = 2;

    // Continuations are posted, never run by the setter: a reader must not find itself inside a writer's loop.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Wakes the waiter, or lets its next wait complete at once.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _state, Set) == Waiting)
        {
            _core.SetResult(true);
        }
    }

    /// <summary>Completes once the signal was set since the last completion.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Set) == Set)
        {
            return ValueTask.CompletedTask;
        }

        _core.Reset();
        int before = Interlocked.CompareExchange(ref _state, Waiting, Idle);
        Debug.Assert(before != Waiting, "one waiter only");
        if (before == Set)
        {
            Interlocked.Exchange(ref _state, Idle);
            return ValueTask.CompletedTask;
        }

        return new ValueTask(this, _core.Version);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);

        // The waiter looks at its queues after this, so a set that falls between is not lost. A full fence: a plain
        // store could become visible only after those looks, and then wipe out a set that came in between.
        Interlocked.Exchange(ref _state, Idle);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);
}
