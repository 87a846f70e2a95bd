using Geralt;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Authorities;

/// <summary>
/// Turns counted descriptors into entries (spec/directory.md, section 5): who keeps which place on the ring, who is
/// on probation, who is guard and who is store. Pure.
/// </summary>
public sealed class RelayAdmission
{
    /// <summary>Up to this many relays one may be guard and store at once; a larger network can part them.</summary>
    public const int SmallNetwork = 50;

    /// <summary>A large network has a guard for this many relays; stores are drafted where it has fewer.</summary>
    public const int RelaysPerGuard = 5;

    private readonly ulong _epoch;
    private readonly Bytes32 _randomness;
    private readonly IReadOnlyDictionary<string, ulong> _parameters;
    private readonly Dictionary<RelayId, RelayEntry> _before;
    private readonly ulong _epochsPassed;

    /// <summary>Prepares the entries of <paramref name="epoch"/>.</summary>
    public RelayAdmission(
        ulong epoch,
        ConsensusDocument? previous,
        Bytes32 randomness,
        IReadOnlyDictionary<string, ulong> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _epoch = epoch;
        _randomness = randomness;
        _parameters = parameters;
        _before = previous?.Trees.Entries.ToDictionary(entry => entry.Identity) ?? [];
        _epochsPassed = previous is null ? 0 : epoch - previous.Header.Epoch;
    }

    /// <summary>The entries, in no particular order and without their starts of cumulative weight.</summary>
    public IReadOnlyList<RelayEntry> Admit(IReadOnlyList<RelayDescriptor> listed)
    {
        ArgumentNullException.ThrowIfNull(listed);
        // More than fit can only be listed by a hair: those that were here before stay, then the order of identities.
        var entries = listed.Select(Enter)
            .OrderBy(entry => entry.AdmittedEpoch).ThenBy(entry => entry.Identity)
            .Take(DocumentLimits.MaxRelays)
            .ToList();
        GiveFlags(entries);
        var present = entries.Select(entry => entry.Identity).ToHashSet();
        entries.AddRange(_before.Values
            .Where(entry => entry.RingPosition != default && !present.Contains(entry.Identity))
            .Select(Leave)
            .Where(entry => entry.Away <= Parameter(NetworkParameters.RingMemory, NetworkParameters.DefaultRingMemory))
            .OrderBy(entry => entry.Away).ThenBy(entry => entry.Identity)
            .Take(DocumentLimits.MaxRelays - entries.Count));
        return entries;
    }

    /// <summary>A store's point: BLAKE2b-256(identity ‖ shared randomness of the epoch that admits it).</summary>
    public static Bytes32 PointOf(RelayId identity, Bytes32 randomness)
    {
        Span<byte> input = stackalloc byte[2 * Bytes32.Size];
        identity.Value.AsSpan().CopyTo(input);
        randomness.AsSpan().CopyTo(input[Bytes32.Size..]);
        Bytes32 point = default;
        BLAKE2b.ComputeHash(point, input);
        return point;
    }

    private RelayEntry Enter(RelayDescriptor descriptor)
    {
        _before.TryGetValue(descriptor.Identity, out var before);
        var point = before?.RingPosition ?? default;
        var admitted = before?.AdmittedEpoch ?? _epoch;
        if (point == default && descriptor.Roles.HasFlag(RelayRoles.Store))
        {
            (point, admitted) = (PointOf(descriptor.Identity, _randomness), _epoch);
        }

        var relays = descriptor.Roles.HasFlag(RelayRoles.Relay);
        var cap = Math.Max(1, Parameter(NetworkParameters.WeightCap, NetworkParameters.DefaultWeightCap));
        return new RelayEntry
        {
            Identity = descriptor.Identity,
            LinkKey = descriptor.LinkKey,
            OnionKey = descriptor.OnionKey,
            Address = descriptor.Addresses[0],
            Flags = (relays ? RelayFlags.Relay : RelayFlags.None)
                | (descriptor.Roles.HasFlag(RelayRoles.Store) ? RelayFlags.Store : RelayFlags.None)
                | (descriptor.Roles.HasFlag(RelayRoles.Exit) ? RelayFlags.Exit : RelayFlags.None),
            VersionMin = descriptor.Versions[0],
            VersionMax = descriptor.Versions[^1],
            WeightStart = 0,
            Weight = relays ? (uint)Math.Min(descriptor.Weight, cap) : 0,
            AdmittedEpoch = admitted,
            RingPosition = point,
            Family = descriptor.Family,
        };
    }

    private RelayEntry Leave(RelayEntry entry) => entry with
    {
        Flags = RelayFlags.None,
        Weight = 0,
        Away = (ushort)Math.Min(entry.Away + Math.Min(_epochsPassed, ushort.MaxValue), ushort.MaxValue),
    };

    private void GiveFlags(List<RelayEntry> entries)
    {
        var weights = entries.Where(entry => entry.Weight > 0).Select(entry => entry.Weight).Order().ToList();
        var stores = Served(
            entries.Where(entry => entry.Has(RelayFlags.Store)),
            Parameter(NetworkParameters.StoreProbation, NetworkParameters.DefaultStoreProbation));
        var guards = ChooseGuards(entries);
        if (entries.Count > SmallNetwork)
        {
            stores.ExceptWith(guards);
        }

        for (var index = 0; index < entries.Count; index++)
        {
            var entry = entries[index];
            var flags = entry.Flags & ~RelayFlags.Store;
            flags |= stores.Contains(entry.Identity) ? RelayFlags.Store : RelayFlags.None;
            flags |= guards.Contains(entry.Identity) ? RelayFlags.Guard : RelayFlags.None;
            var fast = entry.Weight > 0 && entry.Weight >= weights[(weights.Count - 1) / 2];
            entries[index] = entry with { Flags = flags | (fast ? RelayFlags.Fast : RelayFlags.None) };
        }
    }

    /// <summary>
    /// Who may be a guard. In a large network relays without a store come first; if they are too few, those with a
    /// store follow in the order of their points, which nobody picks.
    /// </summary>
    private HashSet<RelayId> ChooseGuards(List<RelayEntry> entries)
    {
        var probation = Parameter(NetworkParameters.GuardProbation, NetworkParameters.DefaultGuardProbation);
        var relays = entries.Where(entry => entry.Has(RelayFlags.Relay)).ToList();
        if (entries.Count <= SmallNetwork)
        {
            return Served(relays, probation);
        }

        var guards = Served(relays.Where(entry => !entry.Has(RelayFlags.Store)), probation);
        var missing = ((relays.Count + RelaysPerGuard - 1) / RelaysPerGuard) - guards.Count;
        guards.UnionWith(relays.Where(entry => entry.Has(RelayFlags.Store))
            .OrderBy(entry => entry.RingPosition).ThenBy(entry => entry.Identity)
            .Take(Math.Max(0, missing))
            .Select(entry => entry.Identity));
        return guards;
    }

    /// <summary>
    /// Those who served their probation, or all where fewer than a third did: a young network has nobody else.
    /// </summary>
    private HashSet<RelayId> Served(IEnumerable<RelayEntry> candidates, ulong probation)
    {
        var all = candidates.ToList();
        var served = all.Where(entry => _epoch - entry.AdmittedEpoch >= probation).ToList();
        return [.. (served.Count * 3 < all.Count ? all : served).Select(entry => entry.Identity)];
    }

    private ulong Parameter(string name, ulong fallback) =>
        _parameters.TryGetValue(name, out var value) ? value : fallback;
}
