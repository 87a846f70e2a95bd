namespace Veil.Wire;

/// <summary>
/// Why a link, circuit, branch or stream ended: the metric tag <c>link.closed.&lt;reason&gt;</c> and nothing else.
/// None of it travels: on the wire there is one opaque reason (spec/limits.md lists every use).
/// </summary>
public enum CloseReason
{
    /// <summary>Not closed.</summary>
    None = 0,

    /// <summary>This side was done.</summary>
    Done,

    /// <summary>The other side closed or its connection ended.</summary>
    PeerClosed,

    /// <summary>The node is stopping.</summary>
    Stopping,

    /// <summary>The connection could not be made or broke.</summary>
    ConnectionFailed,

    /// <summary>The handshake was malformed, for another relay, network or version, or failed to
    /// authenticate.</summary>
    HandshakeFailed,

    /// <summary>The handshake took longer than its limit.</summary>
    HandshakeTimeout,

    /// <summary>Nothing arrived for longer than the limit.</summary>
    IdleTimeout,

    /// <summary>An AEAD tag did not verify.</summary>
    AuthenticationFailed,

    /// <summary>A cell, message or document broke its layout.</summary>
    Malformed,

    /// <summary>Well-formed, but not allowed in this place or state.</summary>
    Unexpected,

    /// <summary>More cells or bytes than were granted.</summary>
    CreditExceeded,

    /// <summary>A table or budget of this node is full.</summary>
    ResourceLimit,

    /// <summary>The relay that was asked for is not listed or cannot be reached.</summary>
    UnknownRelay,

    /// <summary>The service that was asked for is not offered here.</summary>
    UnknownService,

    /// <summary>A nonce counter reached its end.</summary>
    NonceExhausted,

    /// <summary>An attempt failed a short while ago; the next one waits (spec/limits.md, section 1).</summary>
    BackingOff,

    /// <summary>The relay's volume of traffic is used up.</summary>
    Paused,

    /// <summary>A client's own circuit: nothing came although answers were awaited, not even a sign of life.</summary>
    Silent,

    /// <summary>Our own fault: an exception that no rule covers.</summary>
    InternalError,
}
