using Veil.Noise;
using Veil.Wire;

namespace Veil.Links.Handshake;

/// <summary>
/// The four bytes that open a link, and the sizes of the handshake's messages (spec/record.md, section 1).
/// </summary>
public static class LinkPreface
{
    /// <summary>Preface length in bytes.</summary>
    public const int Bytes = 4;

    /// <summary>Length prefix of a handshake message in bytes.</summary>
    public const int LengthBytes = 2;

    /// <summary>Message 1 in bytes, both patterns, empty payload.</summary>
    public const int FirstBytes = 1280;

    /// <summary>Message 2 in bytes, both patterns, empty payload.</summary>
    public const int SecondBytes = 1184;

    /// <summary>Message 3 of XKhfs in bytes, with the initiator's identity as payload.</summary>
    public const int ThirdBytes = 128;

    private const byte Version = 1;

    /// <summary>Writes the preface.</summary>
    public static void Write(Span<byte> destination, HandshakePurpose purpose)
    {
        destination[0] = (byte)'V';
        destination[1] = (byte)'L';
        destination[2] = Version;
        destination[3] = (byte)purpose;
    }

    /// <summary>Reads the preface; false when it is not one of version 1 for a link.</summary>
    public static bool TryRead(ReadOnlySpan<byte> preface, out HandshakePurpose purpose)
    {
        purpose = (HandshakePurpose)preface[3];
        return preface[0] == 'V'
            && preface[1] == 'L'
            && preface[2] == Version
            && purpose is HandshakePurpose.LinkFromClient or HandshakePurpose.LinkFromRelay;
    }

    /// <summary>The prologue of a link's handshake.</summary>
    internal static byte[] Prologue(HandshakePurpose purpose, NetworkId network, RelayId responder)
    {
        var prologue = new byte[HandshakePrologue.Length];
        Span<byte> noOnionKey = stackalloc byte[8];
        HandshakePrologue.Write(prologue, purpose, 0, network.Value.ToArray(), responder.Value.ToArray(), noOnionKey);
        return prologue;
    }
}
