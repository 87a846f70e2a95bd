using Geralt;
using Veil.Content.Names;

namespace Veil.Content.Manifests;

/// <summary>Who signed a manifest (spec/manifest.md, section 8).</summary>
/// <param name="Signer">The name whose key signed; says nothing about who has that key.</param>
/// <param name="Value">64 bytes; zeros in what is to be signed.</param>
public sealed record ManifestSignature(NameAddress Signer, ReadOnlyMemory<byte> Value)
{
    /// <summary>Bytes of a signature.</summary>
    public const int Bytes = 64;

    private static ReadOnlySpan<byte> Domain => "veil manifest signature v1"u8;

    /// <summary>Before it is signed.</summary>
    public static ManifestSignature Blank(NameAddress signer) => new(signer, new byte[Bytes]);

    /// <summary>What is signed.</summary>
    /// <param name="manifest">The bytes of a manifest that has a signature, or zeros in its place.</param>
    /// <exception cref="ArgumentException">It has no place for one.</exception>
    public static byte[] MessageOf(ReadOnlyMemory<byte> manifest)
    {
        var place = ManifestCodec.FindSignature(manifest)
            ?? throw new ArgumentException("a manifest without a signature", nameof(manifest));
        byte[] message = [.. Domain, .. manifest.Span];
        message.AsSpan(Domain.Length + place, Bytes).Clear();
        return message;
    }

    /// <summary>Whether the signature holds.</summary>
    /// <param name="manifest">The bytes of the manifest that it was read from.</param>
    public bool Holds(ReadOnlyMemory<byte> manifest) =>
        Ed25519.Verify(Value.Span, MessageOf(manifest), Signer.Key.AsSpan());

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(ManifestSignature);
}
