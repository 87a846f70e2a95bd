using System.Diagnostics;

namespace Veil.Noise;

/// <summary>
/// The prologue that both ends of a handshake must agree on (spec/handshake.md, section 1): "veil", version, purpose,
/// hop position, zero, network id, responder's identity, onion-key id.
/// </summary>
public static class HandshakePrologue
{
    /// <summary>Bytes of a prologue.</summary>
    public const int Length = 80;

    /// <summary>The version of the handshake protocol.</summary>
    public const byte Version = 1;

    /// <summary>Bytes of a network id.</summary>
    public const int NetworkIdLength = 32;

    /// <summary>Bytes of an identity, an Ed25519 public key.</summary>
    public const int IdentityLength = 32;

    /// <summary>Bytes of an onion-key id.</summary>
    public const int OnionKeyIdLength = 8;

    /// <summary>Writes a prologue.</summary>
    /// <param name="destination">Exactly <see cref="Length"/> bytes.</param>
    /// <param name="purpose">What the handshake is for.</param>
    /// <param name="position">A hop's position, 1 to 5; 0 for links.</param>
    /// <param name="networkId">32 bytes.</param>
    /// <param name="responderIdentity">The responder's Ed25519 public key, 32 bytes.</param>
    /// <param name="onionKeyId">8 bytes; zeros for links.</param>
    /// <exception cref="ArgumentException">A length, the purpose or, for a link, the position does not fit.</exception>
    public static void Write(
        Span<byte> destination,
        HandshakePurpose purpose,
        byte position,
        ReadOnlySpan<byte> networkId,
        ReadOnlySpan<byte> responderIdentity,
        ReadOnlySpan<byte> onionKeyId)
    {
        if (destination.Length != Length)
            throw new ArgumentException("A prologue is 80 bytes.", nameof(destination));
        if (purpose is < HandshakePurpose.LinkFromClient or > HandshakePurpose.Service)
            throw new ArgumentException("No such purpose.", nameof(purpose));
        if (networkId.Length != NetworkIdLength)
            throw new ArgumentException("A network id is 32 bytes.", nameof(networkId));
        if (responderIdentity.Length != IdentityLength)
            throw new ArgumentException("An identity is 32 bytes.", nameof(responderIdentity));
        if (onionKeyId.Length != OnionKeyIdLength)
            throw new ArgumentException("An onion-key id is 8 bytes.", nameof(onionKeyId));
        bool isLink = purpose is HandshakePurpose.LinkFromClient or HandshakePurpose.LinkFromRelay;
        if (isLink && (position != 0 || onionKeyId.ContainsAnyExcept((byte)0)))
            throw new ArgumentException("A link has neither a position nor an onion key.", nameof(position));

        "veil"u8.CopyTo(destination);
        destination[4] = Version;
        destination[5] = (byte)purpose;
        destination[6] = position;
        destination[7] = 0;
        networkId.CopyTo(destination[8..]);
        responderIdentity.CopyTo(destination[40..]);
        onionKeyId.CopyTo(destination[72..]);
        Debug.Assert(72 + OnionKeyIdLength == Length, "the fields fill the prologue");
    }
}
