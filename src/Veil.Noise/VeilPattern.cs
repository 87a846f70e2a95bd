namespace Veil.Noise;

/// <summary>The two handshake patterns of Veil (spec/handshake.md, section 2).</summary>
public enum VeilPattern
{
    /// <summary>An anonymous initiator, a responder whose key is known: clients' links, hops, services.</summary>
    NKhfs,

    /// <summary>The initiator proves its static key in a third message: links between relays.</summary>
    XKhfs,
}
