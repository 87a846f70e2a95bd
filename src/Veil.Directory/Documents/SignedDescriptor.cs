using System.Diagnostics.CodeAnalysis;
using NSec.Cryptography;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Documents;

/// <summary>A relay's descriptor with the signature that was found to hold (spec/directory.md, section 2).</summary>
public sealed class SignedDescriptor
{
    private SignedDescriptor(RelayDescriptor descriptor, ReadOnlyMemory<byte> bytes)
    {
        Descriptor = descriptor;
        Bytes = bytes;
        Digest = SignedEnvelope.DigestOf(bytes.Span);
    }

    /// <summary>What the relay says.</summary>
    public RelayDescriptor Descriptor { get; }

    /// <summary>The envelope as it was signed.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>BLAKE2b-256 of the envelope: breaks ties between descriptors of one sequence number.</summary>
    public Bytes32 Digest { get; }

    /// <summary>Signs <paramref name="descriptor"/> with the relay's Ed25519 key.</summary>
    /// <exception cref="ArgumentException">The key is not that of the descriptor's identity.</exception>
    /// <exception cref="InvalidOperationException">The descriptor breaks a rule of section 2.</exception>
    public static SignedDescriptor Sign(RelayDescriptor descriptor, Key identity)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (DocumentSignature.IdentityOf(identity) != descriptor.Identity)
        {
            throw new ArgumentException("the key is not that of the descriptor's identity", nameof(identity));
        }

        var bytes = DocumentSignature.Seal(RelayDescriptor.Purpose, identity, descriptor.EncodeBody());
        return new SignedDescriptor(descriptor, bytes);
    }

    /// <summary>
    /// Opens a descriptor for <paramref name="network"/>: size, then signature, then content. False for anything
    /// else; <paramref name="bytes"/> must not change afterwards.
    /// </summary>
    public static bool TryOpen(
        ReadOnlyMemory<byte> bytes, NetworkDefinition network, [NotNullWhen(true)] out SignedDescriptor? opened)
    {
        opened = null;
        if (!SignedEnvelope.TrySplit(bytes, DocumentLimits.MaxDescriptorBytes, out var envelope)
            || !DocumentSignature.Holds(RelayDescriptor.Purpose, envelope)
            || !RelayDescriptor.TryDecodeBody(envelope.Signer, envelope.Body, out var descriptor)
            || !descriptor.Fits(network))
        {
            return false;
        }

        opened = new SignedDescriptor(descriptor, bytes);
        return true;
    }
}
