namespace Veil.Simulation.Kernel;

/// <summary>What is to run at the present moment, in order: a ring that grows. Its bound is the kernel's.</summary>
internal sealed class ReadyQueue
{
    private const int FirstCapacity = 256;

    private Entry[] _entries = new Entry[FirstCapacity];
    private int _head;

    /// <summary>How many wait.</summary>
    internal int Count { get; private set; }

    /// <summary>The sequence number of the first. Only where <see cref="Count"/> is not 0.</summary>
    internal long FirstSequence => _entries[_head].Sequence;

    /// <summary>Adds one at the end.</summary>
    internal void Add(in Entry entry)
    {
        if (Count == _entries.Length)
            Grow();
        _entries[(_head + Count) & (_entries.Length - 1)] = entry;
        Count++;
    }

    /// <summary>Takes the first out. Only where <see cref="Count"/> is not 0.</summary>
    internal Entry TakeFirst()
    {
        var entry = _entries[_head];
        _entries[_head] = default;
        _head = (_head + 1) & (_entries.Length - 1);
        Count--;
        return entry;
    }

    private void Grow()
    {
        var grown = new Entry[_entries.Length * 2];
        var tail = _entries.Length - _head;
        Array.Copy(_entries, _head, grown, 0, tail);
        Array.Copy(_entries, 0, grown, tail, _head);
        _entries = grown;
        _head = 0;
    }

    internal readonly record struct Entry(
        long Sequence,
        SimulationContext Context,
        SendOrPostCallback Callback,
        object? State);
}
