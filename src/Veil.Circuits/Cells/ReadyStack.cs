namespace Veil.Circuits.Cells;

/// <summary>
/// Things that asked for attention of one task: any thread adds, each thing at most once until it is taken.
/// </summary>
internal sealed class ReadyStack<T>
    where T : class, IReady<T>
{
    private T? _newest;

    /// <summary>Adds the thing unless it stands here already; true when it was added.</summary>
    internal bool Add(T item)
    {
        if (Interlocked.Exchange(ref item.Flag, 1) == 1)
        {
            return false;
        }

        T? seen;
        do
        {
            seen = Volatile.Read(ref _newest);
            item.NextReady = seen;
        }
        while (Interlocked.CompareExchange(ref _newest, item, seen) != seen);
        return true;
    }

    /// <summary>
    /// Takes all, oldest first. Each may be added again at once: whoever takes it looks at its queues after this.
    /// </summary>
    internal T? TakeAll()
    {
        T? newest = Interlocked.Exchange(ref _newest, null);
        T? oldest = null;
        while (newest is not null)
        {
            T? next = newest.NextReady;
            newest.NextReady = oldest;
            oldest = newest;
            newest = next;
        }

        return oldest;
    }

    /// <summary>Steps from one taken thing to the next and lets the first be added again.</summary>
    internal static T? Next(T item)
    {
        T? next = item.NextReady;
        item.NextReady = null;

        // A full fence: whoever looks at the thing's queues after this must not have looked before.
        Interlocked.Exchange(ref item.Flag, 0);
        return next;
    }
}
