using System.Diagnostics.CodeAnalysis;
using Veil.Directory.Documents;
using Veil.Directory.Paths;
using Veil.Directory.Ring;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory;

/// <summary>
/// The network as a verified consensus shows it (spec/directory.md, section 4): relays that are listed now, the ring
/// of stores, parameters. Never changes; a new epoch is a new object.
/// </summary>
public sealed class Consensus
{
    private readonly Dictionary<RelayId, RelayEntry> _byId;
    private readonly NetworkDefinition _network;

    /// <summary>The view of <paramref name="document"/>, which was opened for <paramref name="network"/>.</summary>
    public Consensus(ConsensusDocument document, NetworkDefinition network)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(network);
        Document = document;
        _network = network;
        Relays = [.. document.Trees.Entries.Where(entry => entry.Away == 0)];
        _byId = Relays.ToDictionary(entry => entry.Identity);
        Ring = new StoreRing(
            Relays.Where(entry => entry.Has(RelayFlags.Store)).Select(entry => (entry.RingPosition, entry.Identity)));
        PublishesPastStores = StoreFreeRelays.Suffice(Relays, TotalWeight, Lab);
    }

    /// <summary>The verified document.</summary>
    public ConsensusDocument Document { get; }

    /// <summary>The relays that are listed now, in the order of their identities (and cumulative weights).</summary>
    public IReadOnlyList<RelayEntry> Relays { get; }

    /// <summary>The stores on the ring.</summary>
    public StoreRing Ring { get; }

    /// <summary>
    /// The ring with the stores that are away for no longer than <paramref name="memory"/> at their old places
    /// (spec/keeping.md, section 3).
    /// </summary>
    public StoreRing RememberedRing(TimeSpan memory) => new(Document.Trees.Entries
        .Where(entry => entry.Away == 0
            ? entry.Has(RelayFlags.Store)
            : entry.RingPosition != default
                && TimeSpan.FromSeconds((double)entry.Away * _network.EpochSeconds) <= memory)
        .Select(entry => (entry.RingPosition, entry.Identity)));

    /// <summary>The epoch that it is for.</summary>
    public ulong Epoch => Document.Header.Epoch;

    /// <summary>Sum of the weights of <see cref="Relays"/>.</summary>
    public ulong TotalWeight => Document.Header.TotalWeight;

    /// <summary>Whether it is of a lab network, where subnet rules are off.</summary>
    public bool Lab => _network.Lab;

    /// <summary>Whether enough relays are no stores for trunks that publish, keep or serve to pass none
    /// (spec/directory.md, section 6).</summary>
    public bool PublishesPastStores { get; }

    /// <summary>Start of its epoch.</summary>
    public DateTimeOffset ValidAfter => DateTimeOffset.FromUnixTimeSeconds(Document.Header.ValidAfter);

    /// <summary>Until when no newer one is to be expected.</summary>
    public DateTimeOffset FreshUntil => DateTimeOffset.FromUnixTimeSeconds(Document.Header.FreshUntil);

    /// <summary>When it ends to be of use.</summary>
    public DateTimeOffset ValidUntil => DateTimeOffset.FromUnixTimeSeconds(Document.Header.ValidUntil);

    /// <summary>
    /// Whether it may be used: from one epoch before its start, because it is published before its epoch begins and
    /// clocks differ, until its end.
    /// </summary>
    public bool IsLive(DateTimeOffset now) =>
        now >= ValidAfter - TimeSpan.FromSeconds(_network.EpochSeconds) && now < ValidUntil;

    /// <summary>The listed relay with this identity.</summary>
    public bool TryGet(RelayId id, [NotNullWhen(true)] out RelayEntry? entry) => _byId.TryGetValue(id, out entry);

    /// <summary>A parameter of the network, or <paramref name="fallback"/> where the authorities set none.</summary>
    public ulong ParamOrDefault(string name, ulong fallback) =>
        Document.Header.Parameters.TryGetValue(name, out var value) ? value : fallback;
}
