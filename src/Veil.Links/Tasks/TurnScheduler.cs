using System.IO.Pipelines;

namespace Veil.Links.Tasks;

/// <summary>
/// Runs what waits for a pipe at the end of the turn that filled or emptied it, outside of turns on the thread pool.
/// For readers and writers that pass bytes on and never block: they stand in the way of the link's loop meanwhile.
/// </summary>
public sealed class TurnScheduler : PipeScheduler
{
    private TurnScheduler()
    {
    }

    /// <summary>The one that there is: turns belong to threads.</summary>
    public static TurnScheduler Instance { get; } = new();

    /// <inheritdoc/>
    public override void Schedule(Action<object?> action, object? state)
    {
        if (!LoopTurn.TryDefer(action, state))
        {
            ThreadPool.Schedule(action, state);
        }
    }
}
