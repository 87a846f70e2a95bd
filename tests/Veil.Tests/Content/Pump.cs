using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>
/// Runs asynchronous code on one thread, in one order, moving the clock only when nothing else is left to do: the same
/// every time, and proof that the code does not leave its scheduler.
/// </summary>
internal sealed class Pump : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private readonly Lock _lock = new();

    /// <summary>Runs to the end; fails where the code waits for something that cannot come.</summary>
    public static void Run(ManualTime time, Func<Task> code)
    {
        Pump pump = new();
        var outer = Current;
        SetSynchronizationContext(pump);
        try
        {
            var work = code();
            while (!work.IsCompleted)
            {
                if (pump.RunNext()) continue;
                Assert.True(time.AdvanceToNextTimer(), "nothing is left to do, and the work has not ended");
            }

            work.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_lock) _queue.Enqueue((d, state));
    }

    private bool RunNext()
    {
        (SendOrPostCallback Callback, object? State) next;
        lock (_lock)
        {
            if (!_queue.TryDequeue(out next)) return false;
        }

        next.Callback(next.State);
        return true;
    }
}
