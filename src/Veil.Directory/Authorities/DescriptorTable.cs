using System.Diagnostics;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Authorities;

/// <summary>
/// The newest descriptor of each relay (spec/directory.md, section 7), bounded in number by
/// <see cref="DocumentLimits.MaxRelays"/> and in bytes by what fits a vote.
/// </summary>
internal sealed class DescriptorTable
{
    /// <summary>Room in a vote for everything but descriptors, and for five bytes around each of them.</summary>
    private const int VoteOverhead = 64 * 1024;

    private const int ItemOverhead = 5;

    private readonly Dictionary<RelayId, SignedDescriptor> _byRelay = [];
    private int _bytes;

    /// <summary>By relay.</summary>
    internal IReadOnlyDictionary<RelayId, SignedDescriptor> ByRelay => _byRelay;

    /// <summary>In the order of identities, as a vote lists them.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Ordered() =>
        [.. _byRelay.OrderBy(pair => pair.Key).Select(pair => pair.Value.Bytes)];

    /// <summary>Takes a verified descriptor; the sequence of one relay never goes back.</summary>
    internal RefusalCode Add(SignedDescriptor signed)
    {
        var size = signed.Bytes.Length + ItemOverhead;
        if (_byRelay.TryGetValue(signed.Descriptor.Identity, out var known))
        {
            if (known.Digest == signed.Digest)
            {
                return RefusalCode.None;
            }

            if (signed.Descriptor.Sequence <= known.Descriptor.Sequence
                || signed.Descriptor.PublishedEpoch < known.Descriptor.PublishedEpoch)
            {
                return RefusalCode.OldSequence;
            }

            size -= known.Bytes.Length + ItemOverhead;
        }
        else if (_byRelay.Count == DocumentLimits.MaxRelays)
        {
            return RefusalCode.Full;
        }

        if (_bytes + size > DocumentLimits.MaxVoteBytes - VoteOverhead)
        {
            return RefusalCode.Full;
        }

        _bytes += size;
        _byRelay[signed.Descriptor.Identity] = signed;
        return RefusalCode.None;
    }

    /// <summary>Forgets what no longer counts.</summary>
    internal void Prune(Func<RelayDescriptor, bool> counts)
    {
        foreach (var (relay, signed) in _byRelay.Where(pair => !counts(pair.Value.Descriptor)).ToList())
        {
            _byRelay.Remove(relay);
            _bytes -= signed.Bytes.Length + ItemOverhead;
        }

        Debug.Assert(_bytes >= 0, "Every size was added once.");
    }
}
