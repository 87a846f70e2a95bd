using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Veil.Links.Tasks;

/// <summary>
/// Wakes one waiting loop: an auto-reset event without allocation. Any number of threads may set it, one task waits.
/// </summary>
/// <param name="inTurn">Whether a wake inside a <see cref="LoopTurn"/> runs the waiter on the same thread when the turn
/// is over, for a loop that never blocks; else, and outside of turns, it is posted.</param>
public sealed class AsyncSignal(bool inTurn = false) : IValueTaskSource
{
    private const int Idle = 0;
    private const int Set = 1;
    private const int Waiting = 2;

    private static readonly Action<object?> _complete = static signal => ((AsyncSignal)signal!).Complete(posted: false);

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    /// <summary>Wakes the waiter, or lets its next wait complete at once.</summary>
    public void Wake()
    {
        // Whoever finds the waiter is the only one who completes it.
        if (Interlocked.Exchange(ref _state, Set) == Waiting && !(inTurn && LoopTurn.TryDefer(_complete, this)))
        {
            Complete(posted: true);
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

    // The setter never runs the waiter within its own work: a reader must not find itself inside a writer's loop.
    private void Complete(bool posted)
    {
        _core.RunContinuationsAsynchronously = posted;
        _core.SetResult(true);
    }
}
