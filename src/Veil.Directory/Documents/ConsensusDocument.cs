using System.Diagnostics.CodeAnalysis;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Documents;

/// <summary>Why a consensus was refused (spec/directory.md, section 4).</summary>
public enum ConsensusFault
{
    /// <summary>It was not refused.</summary>
    None = 0,

    /// <summary>Too large, or its lengths do not add up.</summary>
    Layout,

    /// <summary>A signature is wrong, from an unknown authority, out of order or repeated.</summary>
    Signature,

    /// <summary>Fewer signatures than the network's quorum.</summary>
    Quorum,

    /// <summary>The header is malformed, for another network, or its times are not those of its epoch.</summary>
    Header,

    /// <summary>The leaves are malformed or disagree with the header.</summary>
    Leaves,
}

/// <summary>
/// A consensus whose signatures hold and whose every part agrees with every other (spec/directory.md, section 4).
/// </summary>
public sealed class ConsensusDocument
{
    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private ConsensusDocument(ReadOnlyMemory<byte> bytes, ConsensusHeader header, Bytes32 digest, ConsensusTrees trees)
    {
        Bytes = bytes;
        Header = header;
        Digest = digest;
        Trees = trees;
    }

    /// <summary>The whole document.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What the authorities signed.</summary>
    public ConsensusHeader Header { get; }

    /// <summary>BLAKE2b-256 of the header; the same for every set of signatures.</summary>
    public Bytes32 Digest { get; }

    /// <summary>The leaves and the trees over them.</summary>
    public ConsensusTrees Trees { get; }

    /// <summary>
    /// Opens a consensus of <paramref name="network"/>: bounds, then signatures, then the header, then leaves.
    /// Whether it is live is another question (<see cref="Consensus.IsLive"/>).
    /// <paramref name="bytes"/> must not change afterwards.
    /// </summary>
    public static ConsensusFault TryOpen(
        ReadOnlyMemory<byte> bytes, NetworkDefinition network, out ConsensusDocument? document)
    {
        ArgumentNullException.ThrowIfNull(network);
        document = null;
        if (!ConsensusLayout.TrySplit(bytes, out var layout))
        {
            return ConsensusFault.Layout;
        }

        if (layout.SignatureCount < network.Quorum)
        {
            return ConsensusFault.Quorum;
        }

        if (!SignaturesHold(layout, network))
        {
            return ConsensusFault.Signature;
        }

        if (!ConsensusHeader.TryDecode(layout.Header, out var header) || !Fits(header, network))
        {
            return ConsensusFault.Header;
        }

        if (layout.LeafCount != header.Count || !ConsensusTrees.TryRead(layout.Leaves, out var trees)
            || !Agrees(header, trees))
        {
            return ConsensusFault.Leaves;
        }

        document = new ConsensusDocument(bytes, header, SignedEnvelope.DigestOf(layout.Header.Span), trees);
        return ConsensusFault.None;
    }

    private static bool SignaturesHold(ConsensusLayout layout, NetworkDefinition network)
    {
        var digest = SignedEnvelope.DigestOf(layout.Header.Span);
        var previous = -1;
        for (var index = 0; index < layout.SignatureCount; index++)
        {
            var (authority, signature) = layout.SignatureAt(index);
            // Rising indices: each authority at most once, and one order only.
            if (authority <= previous || authority >= network.Authorities.Count
                || !DocumentSignature.Holds(
                    ConsensusHeader.Purpose, network.Authorities[authority].Identity, digest, signature.Span))
            {
                return false;
            }

            previous = authority;
        }

        return true;
    }

    private static bool Fits(ConsensusHeader header, NetworkDefinition network)
    {
        // The bounds keep the product from overflow and every time within the years 1970 to 9999.
        if (header.Network != network.Id || header.Epoch > uint.MaxValue || header.ValidUntil > LastSecond)
        {
            return false;
        }

        var start = (long)header.Epoch * network.EpochSeconds;
        return header.ValidAfter == start
            && header.FreshUntil == start + network.EpochSeconds
            && header.ValidUntil == start + ((long)network.EpochSeconds * DocumentLimits.ValidEpochs);
    }

    private static bool Agrees(ConsensusHeader header, ConsensusTrees trees) =>
        header.TotalWeight == trees.TotalWeight
        && header.StoreCount == trees.StoreOrder.Count
        && header.RelaysRoot == trees.Relays.Root
        && header.StoresRoot == trees.Stores.Root
        && trees.Entries.All(entry => entry.AdmittedEpoch <= header.Epoch);
}
