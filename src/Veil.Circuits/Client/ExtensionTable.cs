using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>
/// A circuit's extensions under way, by hop and branch. An extension is ended by whoever takes it out. Any thread.
/// </summary>
internal sealed class ExtensionTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Hop, ushort Branch), PendingExtension> _pending = [];
    private CloseReason _closedBy;

    internal void Add(int hop, BranchId branch, PendingExtension extension)
    {
        lock (_lock)
        {
            if (_closedBy != CloseReason.None)
            {
                throw new CircuitFailedException(_closedBy);
            }

            _pending.Add((hop, branch.Value), extension);
        }
    }

    internal PendingExtension? Take(int hop, ushort branch)
    {
        lock (_lock)
        {
            _pending.Remove((hop, branch), out var extension);
            return extension;
        }
    }

    internal void Close(CloseReason reason)
    {
        PendingExtension[] left;
        lock (_lock)
        {
            _closedBy = reason;
            left = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (var extension in left)
        {
            extension.Abandon(reason);
        }
    }
}
