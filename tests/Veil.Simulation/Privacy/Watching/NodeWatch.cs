using System.Net;
using Veil.Content.Keys;
using Veil.Node.Observing;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Watching;

/// <summary>The eyes of one relay or store.</summary>
internal sealed class NodeWatch(int node, WatchedTraffic traffic) : INodeObserver
{
    public void SawAddress(EndPoint? address, bool incoming, PeerKind kind)
    {
    }

    public void SawKey(ContentKey key)
    {
    }

    public void SawPlaintext(long bytes)
    {
    }

    public void SawBlock(BlockRef reference, bool stored, string? circuit) =>
        traffic.OnBlock(node, reference, stored, circuit);

    public void SawCircuit(ObservedCircuit circuit) => traffic.OnCircuit(node, circuit);
}
