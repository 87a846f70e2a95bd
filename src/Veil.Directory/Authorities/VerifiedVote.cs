using System.Diagnostics.CodeAnalysis;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Authorities;

/// <summary>A vote whose signature, and that of every descriptor in it, was found to hold.</summary>
public sealed class VerifiedVote
{
    private VerifiedVote(
        int authority, AuthorityVote vote, IReadOnlyList<SignedDescriptor> descriptors, Bytes32 digest)
    {
        Authority = authority;
        Vote = vote;
        Descriptors = descriptors;
        Digest = digest;
    }

    /// <summary>Index of the authority in the network.</summary>
    public int Authority { get; }

    /// <summary>What it says.</summary>
    public AuthorityVote Vote { get; }

    /// <summary>Its descriptors, in the order of their identities.</summary>
    public IReadOnlyList<SignedDescriptor> Descriptors { get; }

    /// <summary>BLAKE2b-256 of the vote's body.</summary>
    public Bytes32 Digest { get; }

    /// <summary>
    /// Opens the body of an envelope whose signature holds and whose signer is <paramref name="authority"/>.
    /// False if it is for another network, or a descriptor in it is bad or out of order. Descriptors that
    /// <paramref name="known"/> already holds byte by byte are not verified again.
    /// </summary>
    public static bool TryOpen(
        int authority,
        ReadOnlyMemory<byte> body,
        NetworkDefinition network,
        IReadOnlyDictionary<RelayId, SignedDescriptor> known,
        [NotNullWhen(true)] out VerifiedVote? verified)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(known);
        verified = null;
        if (!AuthorityVote.TryDecodeBody(body, out var vote) || vote.Network != network.Id)
        {
            return false;
        }

        List<SignedDescriptor> descriptors = [];
        foreach (var bytes in vote.Descriptors)
        {
            if (!TryOpenDescriptor(bytes, network, known, out var descriptor)
                || (descriptors.Count > 0
                    && descriptor.Descriptor.Identity <= descriptors[^1].Descriptor.Identity))
            {
                return false;
            }

            descriptors.Add(descriptor);
        }

        verified = new VerifiedVote(authority, vote, descriptors, SignedEnvelope.DigestOf(body.Span));
        return true;
    }

    private static bool TryOpenDescriptor(
        ReadOnlyMemory<byte> bytes,
        NetworkDefinition network,
        IReadOnlyDictionary<RelayId, SignedDescriptor> known,
        [NotNullWhen(true)] out SignedDescriptor? descriptor)
    {
        if (SignedEnvelope.TrySplit(bytes, DocumentLimits.MaxDescriptorBytes, out var envelope)
            && known.TryGetValue(envelope.Signer, out descriptor)
            && descriptor.Bytes.Span.SequenceEqual(bytes.Span))
        {
            return true;
        }

        return SignedDescriptor.TryOpen(bytes, network, out descriptor);
    }
}
