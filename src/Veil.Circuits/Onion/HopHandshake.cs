using System.Buffers.Binary;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Onion;

/// <summary>Whom a client extends to, from the signed directory.</summary>
/// <param name="Relay">Identity.</param>
/// <param name="OnionKey">X25519 public key.</param>
/// <param name="OnionKeyId">First eight bytes of the key's digest, big-endian.</param>
public sealed record HopTarget(RelayId Relay, Bytes32 OnionKey, ulong OnionKeyId);

/// <summary>NKhfs handshakes of hops (spec/circuit.md, section 2; spec/handshake.md).</summary>
internal static class HopHandshake
{
    /// <summary>Message 1 in bytes.</summary>
    internal const int FirstBytes = 1280;

    /// <summary>Message 2 in bytes.</summary>
    internal const int SecondBytes = 1184;

    internal static HybridHandshake Initiate(NetworkId network, HopTarget target, int position, SecretSource secrets) =>
        HybridHandshake.Initiate(
            VeilPattern.NKhfs,
            Prologue(network, target.Relay, target.OnionKeyId, position),
            target.OnionKey.ToArray(),
            null,
            secrets);

    internal static HybridHandshake Respond(
        NetworkId network,
        RelayId local,
        (StaticKeyPair Key, ulong Id) onionKey,
        int position,
        SecretSource secrets) =>
        HybridHandshake.Respond(
            VeilPattern.NKhfs,
            Prologue(network, local, onionKey.Id, position),
            onionKey.Key,
            secrets);

    private static byte[] Prologue(NetworkId network, RelayId relay, ulong onionKeyId, int position)
    {
        var prologue = new byte[HandshakePrologue.Length];
        Span<byte> keyId = stackalloc byte[CreateBody.KeyIdBytes];
        BinaryPrimitives.WriteUInt64BigEndian(keyId, onionKeyId);
        HandshakePrologue.Write(prologue, HandshakePurpose.Hop, (byte)position, network.Value.ToArray(),
            relay.Value.ToArray(), keyId);
        return prologue;
    }
}
