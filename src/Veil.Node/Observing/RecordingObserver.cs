using System.Net;
using Veil.Content.Keys;
using Veil.Wire;

namespace Veil.Node.Observing;

/// <summary>Keeps what one node saw: counts, and the addresses themselves. Any thread.</summary>
public sealed class RecordingObserver : INodeObserver
{
    private readonly Lock _lock = new();
    private readonly HashSet<IPAddress> _addresses = [];
    private readonly HashSet<ContentKey> _keys = [];
    private readonly HashSet<BlockRef> _blocks = [];
    private long _plaintextBytes;

    /// <summary>Addresses that linked with this node, or that it linked to.</summary>
    public IReadOnlyList<IPAddress> Addresses
    {
        get
        {
            lock (_lock)
            {
                return [.. _addresses.OrderBy(address => address.ToString(), StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Different content keys.</summary>
    public int Keys
    {
        get
        {
            lock (_lock)
            {
                return _keys.Count;
            }
        }
    }

    /// <summary>Different blocks stored or served.</summary>
    public int Blocks
    {
        get
        {
            lock (_lock)
            {
                return _blocks.Count;
            }
        }
    }

    /// <summary>Readable bytes of content.</summary>
    public long PlaintextBytes => Interlocked.Read(ref _plaintextBytes);

    /// <inheritdoc/>
    public void SawAddress(EndPoint? address, bool incoming, PeerKind kind)
    {
        if (address is IPEndPoint endPoint)
        {
            lock (_lock)
            {
                _addresses.Add(endPoint.Address);
            }
        }
    }

    /// <inheritdoc/>
    public void SawKey(ContentKey key)
    {
        lock (_lock)
        {
            _keys.Add(key);
        }
    }

    /// <inheritdoc/>
    public void SawPlaintext(long bytes) => Interlocked.Add(ref _plaintextBytes, bytes);

    /// <inheritdoc/>
    public void SawBlock(BlockRef reference, bool stored, string? circuit)
    {
        lock (_lock)
        {
            _blocks.Add(reference);
        }
    }

    /// <summary>Counted by nobody yet: the demo's table shows addresses, keys, bytes and blocks.</summary>
    public void SawCircuit(ObservedCircuit circuit)
    {
    }
}
