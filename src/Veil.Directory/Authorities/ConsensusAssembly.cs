using System.Buffers.Binary;
using Geralt;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Authorities;

/// <summary>
/// Makes the one consensus that follows from a set of votes and the previous consensus (spec/directory.md,
/// section 7). Pure: two authorities with the same votes get the same bytes.
/// </summary>
public sealed class ConsensusAssembly
{
    private static ReadOnlySpan<byte> RandomnessDomain => "veil randomness v1"u8;

    private readonly NetworkDefinition _network;
    private readonly ulong _epoch;
    private readonly ConsensusDocument? _previous;
    private readonly IReadOnlyList<VerifiedVote> _votes;
    private readonly int _descriptorEpochs;

    /// <summary>Prepares the consensus of <paramref name="epoch"/>.</summary>
    public ConsensusAssembly(
        AuthorityOptions options, ulong epoch, ConsensusDocument? previous, IEnumerable<VerifiedVote> votes)
    {
        ArgumentNullException.ThrowIfNull(options);
        _network = options.Network;
        _descriptorEpochs = options.DescriptorEpochs;
        _epoch = epoch;
        _previous = previous;
        _votes = [.. votes.OrderBy(vote => vote.Authority)];
    }

    /// <summary>Votes, descriptors and parameters that count are those of more than half of all authorities.</summary>
    private int Majority => (_network.Authorities.Count / 2) + 1;

    /// <summary>
    /// The encoded header and the leaves, or null if fewer than a majority voted or no relay is listed by a majority.
    /// </summary>
    public (byte[] Header, ConsensusTrees Trees)? Assemble()
    {
        if (_votes.Count < Majority)
        {
            return null;
        }

        var listed = CountDescriptors();
        if (listed.Count == 0)
        {
            return null;
        }

        var parameters = CountParameters();
        var randomness = MixRandomness();
        var entries = new RelayAdmission(_epoch, _previous, randomness, parameters).Admit(listed);
        var trees = ConsensusTrees.Make(entries);
        var start = _network.StartOf(_epoch).ToUnixTimeSeconds();
        var header = new ConsensusHeader
        {
            Network = _network.Id,
            Epoch = _epoch,
            ValidAfter = start,
            FreshUntil = start + _network.EpochSeconds,
            ValidUntil = start + ((long)_network.EpochSeconds * DocumentLimits.ValidEpochs),
            Randomness = randomness,
            Previous = _previous?.Digest ?? default,
            Parameters = parameters,
            Count = trees.Entries.Count,
            TotalWeight = trees.TotalWeight,
            RelaysRoot = trees.Relays.Root,
            StoreCount = trees.StoreOrder.Count,
            StoresRoot = trees.Stores.Root,
        };
        return (header.Encode(), trees);
    }

    /// <summary>For each relay that a majority lists the newest descriptor; ties go to the lowest digest.</summary>
    private List<RelayDescriptor> CountDescriptors() =>
        [.. _votes.SelectMany(vote => vote.Descriptors)
            .Where(signed => IsCurrent(signed.Descriptor, _epoch, _descriptorEpochs))
            .GroupBy(signed => signed.Descriptor.Identity)
            .Where(group => group.Count() >= Majority)
            .Select(group => group.OrderByDescending(signed => signed.Descriptor.Sequence)
                .ThenBy(signed => signed.Digest).First().Descriptor)];

    /// <summary>Whether a descriptor counts for the consensus of <paramref name="target"/>.</summary>
    internal static bool IsCurrent(RelayDescriptor descriptor, ulong target, int descriptorEpochs) =>
        descriptor.PublishedEpoch <= target
        && target - descriptor.PublishedEpoch <= (ulong)descriptorEpochs + 1;

    /// <summary>For each parameter that a majority names the lower median of their values.</summary>
    private SortedDictionary<string, ulong> CountParameters()
    {
        var counted = _votes.SelectMany(vote => vote.Vote.Parameters)
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .Where(group => group.Count() >= Majority)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Take(DocumentLimits.MaxParameters)
            .ToDictionary(group => group.Key, group => group.Select(pair => pair.Value).Order()
                .ElementAt((group.Count() - 1) / 2));
        return new SortedDictionary<string, ulong>(counted, StringComparer.Ordinal);
    }

    /// <summary>H(domain ‖ network ‖ epoch ‖ previous randomness ‖ (identity ‖ random) of each vote).</summary>
    private Bytes32 MixRandomness()
    {
        using var input = new MemoryStream();
        input.Write(RandomnessDomain);
        input.Write(_network.Id.Value.AsSpan());
        Span<byte> epoch = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(epoch, _epoch);
        input.Write(epoch);
        input.Write((_previous?.Header.Randomness ?? default).AsSpan());
        foreach (var vote in _votes)
        {
            input.Write(_network.Authorities[vote.Authority].Identity.Value.AsSpan());
            input.Write(vote.Vote.Random.AsSpan());
        }

        Bytes32 randomness = default;
        BLAKE2b.ComputeHash(randomness, input.GetBuffer().AsSpan(0, (int)input.Length));
        return randomness;
    }
}
