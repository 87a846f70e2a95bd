namespace Veil.Simulation.Kernel;

/// <summary>
/// Something that happens at a moment of virtual time. The object is its own queue entry: it is scheduled, moved and
/// cancelled without an allocation, and stands in the queue at most once.
/// </summary>
public abstract class ScheduledEvent
{
    /// <summary>The place in the heap, or <see cref="EventHeap.Absent"/>. Written by the heap alone.</summary>
    internal int HeapIndex { get; set; } = EventHeap.Absent;

    /// <summary>True while the event waits for its moment.</summary>
    public bool IsScheduled => HeapIndex != EventHeap.Absent;

    /// <summary>The context in which the event happens; once that is stopped, it happens no more.</summary>
    public abstract SimulationContext Context { get; }

    /// <summary>What happens. Runs on the loop; an exception ends the run.</summary>
    protected internal abstract void Fire();
}
