namespace Veil.Circuits.Onion;

/// <summary>
/// Lets one task use a thing that another may close at any time: closing waits for no one, the last one out frees.
/// </summary>
internal struct UseGate
{
    private const int Free = 0;
    private const int Used = 1;
    private const int Closed = 2;
    private const int UsedAndClosed = 3;

    private int _state;

    /// <summary>Begins a use; false when closed.</summary>
    internal bool TryEnter() => Interlocked.CompareExchange(ref _state, Used, Free) == Free;

    /// <summary>Ends a use; true when the caller must free the thing, because it was closed meanwhile.</summary>
    internal bool Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Free, Used) == Used)
        {
            return false;
        }

        Volatile.Write(ref _state, Closed);
        return true;
    }

    /// <summary>Closes; true when the caller must free the thing, because nobody uses it. Later calls give
    /// false.</summary>
    internal bool Close()
    {
        while (true)
        {
            int seen = Volatile.Read(ref _state);
            if (seen >= Closed)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _state, seen == Free ? Closed : UsedAndClosed, seen) == seen)
            {
                return seen == Free;
            }
        }
    }
}
