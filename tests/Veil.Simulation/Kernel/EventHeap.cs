using System.Diagnostics;

namespace Veil.Simulation.Kernel;

/// <summary>
/// A four-ary heap of events by (due time, sequence). Each event knows its place, so that a timer that is cancelled
/// leaves at once instead of lingering until it would have been due.
/// </summary>
internal sealed class EventHeap
{
    /// <summary>The <see cref="ScheduledEvent.HeapIndex"/> of an event that is in no heap.</summary>
    internal const int Absent = -1;

    private const int Arity = 4;
    private const int FirstCapacity = 64;

    private Slot[] _slots = new Slot[FirstCapacity];

    /// <summary>How many events wait.</summary>
    internal int Count { get; private set; }

    /// <summary>The moment of the first event in ticks. Only where <see cref="Count"/> is not 0.</summary>
    internal long FirstDueTicks => _slots[0].DueTicks;

    /// <summary>The sequence number of the first event. Only where <see cref="Count"/> is not 0.</summary>
    internal long FirstSequence => _slots[0].Sequence;

    /// <summary>Adds an event that is in no heap.</summary>
    internal void Add(ScheduledEvent item, long dueTicks, long sequence)
    {
        Debug.Assert(!item.IsScheduled, "An event stands in the heap once.");
        if (Count == _slots.Length)
            Array.Resize(ref _slots, _slots.Length * 2);
        Count++;
        SiftUp(Count - 1, new Slot(dueTicks, sequence, item));
    }

    /// <summary>Takes the first event out. Only where <see cref="Count"/> is not 0.</summary>
    internal ScheduledEvent TakeFirst()
    {
        var first = _slots[0].Item;
        Remove(first);
        return first;
    }

    /// <summary>Takes an event out, wherever it stands; does nothing if it is not here.</summary>
    internal void Remove(ScheduledEvent item)
    {
        var index = item.HeapIndex;
        if (index == Absent)
            return;
        Debug.Assert(ReferenceEquals(_slots[index].Item, item), "An event knows its place.");
        item.HeapIndex = Absent;
        Count--;
        var last = _slots[Count];
        _slots[Count] = default;
        if (index == Count)
            return;
        if (index > 0 && last.IsBefore(_slots[(index - 1) / Arity]))
            SiftUp(index, last);
        else
            SiftDown(index, last);
    }

    private void SiftUp(int index, Slot slot)
    {
        while (index > 0)
        {
            var parent = (index - 1) / Arity;
            if (!slot.IsBefore(_slots[parent]))
                break;
            Place(index, _slots[parent]);
            index = parent;
        }
        Place(index, slot);
    }

    private void SiftDown(int index, Slot slot)
    {
        while (true)
        {
            var child = (index * Arity) + 1;
            if (child >= Count)
                break;
            var end = Math.Min(child + Arity, Count);
            for (var other = child + 1; other < end; other++)
            {
                if (_slots[other].IsBefore(_slots[child]))
                    child = other;
            }
            if (!_slots[child].IsBefore(slot))
                break;
            Place(index, _slots[child]);
            index = child;
        }
        Place(index, slot);
    }

    private void Place(int index, Slot slot)
    {
        _slots[index] = slot;
        slot.Item.HeapIndex = index;
    }

    private readonly record struct Slot(long DueTicks, long Sequence, ScheduledEvent Item)
    {
        internal bool IsBefore(in Slot other) =>
            DueTicks < other.DueTicks || (DueTicks == other.DueTicks && Sequence < other.Sequence);
    }
}
