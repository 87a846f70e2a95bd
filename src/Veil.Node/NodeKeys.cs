using NSec.Cryptography;
using Veil.Directory.Documents;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Node;

/// <summary>
/// A relay's or authority's long-lived keys: Ed25519 identity, X25519 link key, X25519 onion key. Clients have none.
/// </summary>
public sealed class NodeKeys : IDisposable
{
    private NodeKeys(Key identity, StaticKeyPair linkKey, StaticKeyPair onionKey)
    {
        Identity = identity;
        LinkKey = linkKey;
        OnionKey = onionKey;
        Relay = DocumentSignature.IdentityOf(identity);
        OnionKeyId = OnionKeyId.Of(new Bytes32(onionKey.PublicKey));
    }

    /// <summary>Signs descriptors, votes and lists.</summary>
    public Key Identity { get; }

    /// <summary>Static key of links.</summary>
    public StaticKeyPair LinkKey { get; }

    /// <summary>Static key of hops.</summary>
    public StaticKeyPair OnionKey { get; }

    /// <summary>The identity's public half.</summary>
    public RelayId Relay { get; }

    /// <summary>Names the onion key.</summary>
    public OnionKeyId OnionKeyId { get; }

    /// <summary>Makes new keys.</summary>
    /// <param name="secrets">Where they come from.</param>
    /// <param name="slab">Where the X25519 keys lie.</param>
    /// <param name="authority">An authority's onion key is its link key (spec/circuit.md, section 7).</param>
    public static NodeKeys Generate(SecretSource secrets, KeySlab slab, bool authority)
    {
        Span<byte> seed = stackalloc byte[32];
        try
        {
            secrets.Fill(seed);
            var identity = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
            var linkKey = StaticKeyPair.Generate(secrets, slab);
            return new NodeKeys(identity, linkKey, authority ? linkKey : StaticKeyPair.Generate(secrets, slab));
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Takes keys that were kept.</summary>
    /// <param name="identitySeed">32 bytes, Ed25519.</param>
    /// <param name="linkKey">32 bytes, X25519.</param>
    /// <param name="onionKey">32 bytes, X25519; empty for an authority.</param>
    /// <param name="slab">Where the X25519 keys lie.</param>
    public static NodeKeys Import(
        ReadOnlySpan<byte> identitySeed,
        ReadOnlySpan<byte> linkKey,
        ReadOnlySpan<byte> onionKey,
        KeySlab slab)
    {
        var identity = Key.Import(SignatureAlgorithm.Ed25519, identitySeed, KeyBlobFormat.RawPrivateKey);
        var link = StaticKeyPair.Import(linkKey, slab);
        return new NodeKeys(identity, link, onionKey.IsEmpty ? link : StaticKeyPair.Import(onionKey, slab));
    }

    /// <summary>Wipes all three.</summary>
    public void Dispose()
    {
        Identity.Dispose();
        LinkKey.Dispose();
        if (OnionKey != LinkKey)
        {
            OnionKey.Dispose();
        }
    }
}
