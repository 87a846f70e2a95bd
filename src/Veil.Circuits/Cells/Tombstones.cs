namespace Veil.Circuits.Cells;

/// <summary>
/// Remembers for a while the ids of what ended, so that what was in flight is told apart from what never was
/// (spec/circuit.md, section 5). Bounded; any thread.
/// </summary>
internal sealed class Tombstones<T>(TimeProvider time, TimeSpan lifetime, int bound)
    where T : struct
{
    private readonly Lock _lock = new();
    private readonly HashSet<T> _ids = [];
    private readonly Queue<(T Id, long Since)> _order = new();

    internal void Add(T id)
    {
        lock (_lock)
        {
            if (_ids.Add(id))
            {
                _order.Enqueue((id, time.GetTimestamp()));
            }

            if (_order.Count > bound)
            {
                _ids.Remove(_order.Dequeue().Id);
            }

            ForgetOld();
        }
    }

    internal bool Contains(T id)
    {
        lock (_lock)
        {
            // Here too, or an id that is free again would be refused until the next one ends.
            ForgetOld();
            return _ids.Contains(id);
        }
    }

    private void ForgetOld()
    {
        while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) > lifetime)
        {
            _ids.Remove(_order.Dequeue().Id);
        }
    }
}
