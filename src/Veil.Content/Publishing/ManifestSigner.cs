using Veil.Content.Manifests;
using Veil.Content.Names;

namespace Veil.Content.Publishing;

/// <summary>Who signs a manifest once all data is stored (spec/manifest.md, section 8).</summary>
/// <param name="Address">The name whose key signs.</param>
/// <param name="SignAsync">
/// Given the manifest with zeros in place of the signature, gives the 64 bytes. May take as long as a person takes.
/// </param>
public sealed record ManifestSigner(
    NameAddress Address,
    Func<ReadOnlyMemory<byte>, CancellationToken, Task<byte[]>> SignAsync)
{
    /// <summary>Has a manifest signed.</summary>
    /// <exception cref="PublishException"><see cref="PublishFault.NotSigned"/>.</exception>
    internal async Task<Manifest> SealAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var open = ManifestCodec.Encode(manifest with { Signature = ManifestSignature.Blank(Address) });
        var value = await SignAsync(open, cancellationToken);
        if (value.Length == ManifestSignature.Bytes)
        {
            var signed = manifest with { Signature = new ManifestSignature(Address, value) };
            if (signed.Signature.Holds(ManifestCodec.Encode(signed))) return signed;
        }

        throw new PublishException(PublishFault.NotSigned, "the signature that was given does not hold");
    }
}
