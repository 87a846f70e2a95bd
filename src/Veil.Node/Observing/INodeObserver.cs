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
    void SawAddress(EndPoint? address, bool incoming, PeerKind kind);

    /// <summary>This content key was in the node's memory.</summary>
    void SawKey(ContentKey key);

    /// <summary>So many bytes of content were readable.</summary>
    void SawPlaintext(long bytes);

    /// <summary>This block was stored or served.</summary>
    /// <param name="reference">Which.</param>
    /// <param name="stored">Stored, or served.</param>
    /// <param name="circuit">The accepted circuit that the request came over, spelled as
    /// <see cref="ObservedCircuit.From"/>.</param>
    void SawBlock(BlockRef reference, bool stored, string? circuit);

    /// <summary>A circuit begins on one of the node's links: made, accepted or extended.</summary>
    void SawCircuit(ObservedCircuit circuit);
}

/// <summary>What the other end of a link that the node made as a client is to it.</summary>
public enum PeerKind
{
    /// <summary>Not said: the link is not the client's.</summary>
    Unknown,

    /// <summary>One of its guards.</summary>
    Guard,

    /// <summary>An authority, asked for a list of relays.</summary>
    Authority,

    /// <summary>Any other relay, asked for a list when nobody else answers (spec/directory.md, section 9).</summary>
    Relay,
}
