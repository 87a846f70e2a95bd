using Veil.Noise;
using Veil.Wire;

namespace Veil.Links.Handshake;

/// <summary>What a relay proves on its links: its identity, and the static X25519 key that its descriptor binds to
/// it.</summary>
/// <param name="Relay">Long-lived identity.</param>
/// <param name="Key">Link key; owned by the caller.</param>
public sealed record LinkIdentity(RelayId Relay, StaticKeyPair Key);

/// <summary>Whom to reach.</summary>
/// <param name="Relay">Identity, bound by the prologue.</param>
/// <param name="LinkKey">X25519 public key from the signed directory.</param>
public sealed record LinkTarget(RelayId Relay, Bytes32 LinkKey);
