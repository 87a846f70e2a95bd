using Veil.Circuits.Onion;
using Veil.Circuits.Streams;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>
/// A branch as its client sees it (spec/circuit.md, section 3): an end-to-end layer to a fourth hop, and the streams
/// to it. Closing it leaves the trunk alone.
/// </summary>
public sealed class ClientBranch
{
    private readonly ClientCircuit _circuit;
    private int _closed;

    // Any thread.
    private int _credit;

    internal ClientBranch(ClientCircuit circuit, BranchId number, (RelayId Relay, HopCiphers Ciphers) hop,
        StreamEnd streams)
    {
        _circuit = circuit;
        Number = number;
        Relay = hop.Relay;
        Ciphers = hop.Ciphers;
        Streams = streams;
    }

    /// <summary>The hop at its end.</summary>
    public RelayId Relay { get; }

    /// <summary>Whether it is of no use any more.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Streams that are open.</summary>
    public int StreamCount => Streams.Count;

    internal BranchId Number { get; }

    internal HopCiphers Ciphers { get; }

    internal StreamEnd Streams { get; }

    /// <summary>Data cells that may still be sent. Writing task.</summary>
    internal long MaySend { get; set; }

    /// <summary>Opens a stream to a service at the end.</summary>
    /// <exception cref="StreamResetException">The branch is closed or full.</exception>
    public CircuitStream Open(ServiceId service) => Streams.Open(service);

    /// <summary>Closes the branch. Any thread, idempotent.</summary>
    public void Close() => _circuit.CloseBranch(this, CloseReason.Done, tellRelay: true);

    /// <summary>Answers are awaited at its end, or came when negative: while there are any, a silent trunk is a dead
    /// one. Any thread.</summary>
    public void Await(int change) => _circuit.Await(change);

    /// <summary>More room at the third hop. Reading task.</summary>
    internal void AddCredit(ushort cells) => Interlocked.Add(ref _credit, cells);

    /// <summary>Takes in the room granted since. Writing task.</summary>
    internal void Collect() => MaySend += Interlocked.Exchange(ref _credit, 0);

    internal bool TryClose() => Interlocked.Exchange(ref _closed, 1) == 0;
}
