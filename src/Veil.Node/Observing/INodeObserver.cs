using System.Net;
using Veil.Content.Keys;
using Veil.Wire;

namespace Veil.Node.Observing;

/// <summary>
/// Told what one node gets to see, at the places where it sees it. There is no way to switch one on in the product:
/// it is passed in by the demo, by tests and by lab networks.
/// </summary>
public interface INodeObserver
{
    /// <summary>A link to or from this address was made.</summary>
    void SawAddress(EndPoint? address, bool incoming);

    /// <summary>This content key was in the node's memory.</summary>
    void SawKey(ContentKey key);

    /// <summary>So many bytes of content were readable.</summary>
    void SawPlaintext(long bytes);

    /// <summary>This block was stored or served.</summary>
    void SawBlock(BlockRef reference, bool stored);

    /// <summary>A CREATE was accepted, or this node made one: the circuit's id on its link and the first 16 bytes of
    /// the
    /// handshake's ephemeral key, hexadecimal.</summary>
    void SawCircuit(string circuit);
}
