namespace Veil.Noise;

/// <summary>What a handshake is for; bound by the prologue (spec/handshake.md, section 1).</summary>
public enum HandshakePurpose : byte
{
    /// <summary>A link whose initiator is a client, without an identity: NKhfs.</summary>
    LinkFromClient = 1,

    /// <summary>A link between two relays: XKhfs.</summary>
    LinkFromRelay = 2,

    /// <summary>One hop of a circuit: NKhfs.</summary>
    Hop = 3,

    /// <summary>A client's layer to an anonymous service: NKhfs.</summary>
    Service = 4,
}
