namespace Veil.Links.Tasks;

/// <summary>
/// One turn of a loop on this thread, between two waits. What the turn wakes (the writing loops of the links that its
/// cells go to, the readers of the streams that it filled) runs when the turn is over, once for all its cells and on
/// the same thread: a cell crosses a node without a thread hop, and a batch that comes in goes out as a batch. A wake
/// costs more than sealing 64 KiB. Turns may nest; the outermost serves.
/// </summary>
public readonly ref struct LoopTurn
{
    [ThreadStatic]
    private static Deferred? _deferred;

    private readonly Deferred _own;

    private LoopTurn(Deferred own) => _own = own;

    /// <summary>Begins a turn; disposing ends it. No wait may lie between.</summary>
    public static LoopTurn Begin()
    {
        var own = _deferred ??= new Deferred();
        own.Depth++;
        return new LoopTurn(own);
    }

    /// <summary>Leaves work to the end of this thread's turn; false when there is none. It must not block.</summary>
    public static bool TryDefer(Action<object?> work, object? state)
    {
        if (_deferred is not { IsOpen: true } deferred)
        {
            return false;
        }

        deferred.Work.Enqueue((work, state));
        return true;
    }

    /// <summary>Ends the turn: what it woke runs now, and what that wakes.</summary>
    public void Dispose()
    {
        _own.Depth--;
        if (_own.IsOpen)
        {
            return;
        }

        _own.IsServing = true;
        try
        {
            while (_own.Work.TryDequeue(out var next))
            {
                next.Work(next.State);
            }
        }
        finally
        {
            _own.IsServing = false;
        }
    }

    private sealed class Deferred
    {
        internal readonly Queue<(Action<object?> Work, object? State)> Work = new();
        internal int Depth;
        internal bool IsServing;

        internal bool IsOpen => Depth > 0 || IsServing;
    }
}
