using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Directory.Paths;

/// <summary>One second hop as it is persisted: plain values, time in UTC.</summary>
public sealed record VanguardRecord(RelayId Relay, DateTimeOffset ExpiresAt);

/// <summary>
/// The small set of second hops of trunks that publish, keep or serve (spec/directory.md, section 6): such trunks are
/// made at others' prompting, so random second hops would let an attacker wait until it is the neighbour of the
/// guard. Four relays, each for the longer of two uniform times of 1 to 22 days (Tor proposal 333). Time is an
/// argument; not for concurrent use.
/// </summary>
public sealed class VanguardSet
{
    /// <summary>Relays in the set.</summary>
    public const int Size = 4;

    /// <summary>Shortest stay.</summary>
    public static readonly TimeSpan LifetimeMin = TimeSpan.FromDays(1);

    /// <summary>Longest stay.</summary>
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(22);

    private readonly DecisionSource _decisions;
    private readonly List<VanguardRecord> _relays = [];

    /// <summary>Starts from persisted <paramref name="records"/>, or empty.</summary>
    /// <exception cref="ArgumentException">More records than <see cref="Size"/>, or one twice.</exception>
    public VanguardSet(DecisionSource decisions, IEnumerable<VanguardRecord>? records = null)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        _decisions = decisions;
        _relays.AddRange(records ?? []);
        if (_relays.Count > Size || _relays.DistinctBy(record => record.Relay).Count() != _relays.Count)
        {
            throw new ArgumentException("too many relays, or one twice", nameof(records));
        }
    }

    /// <summary>The relay that this client is itself: never a hop of its own; null for one that is none.</summary>
    public RelayId? Self { get; init; }

    /// <summary>The set, to be persisted after every change.</summary>
    public IReadOnlyList<VanguardRecord> Export() => [.. _relays];

    /// <summary>
    /// Replaces what expired, is no longer listed, or may not be a hop of such trunks any more. True if there is
    /// something new to persist. Call it for every new consensus and before choosing paths.
    /// </summary>
    public bool Refresh(Consensus consensus, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        var changed = _relays.RemoveAll(record => record.Relay == Self || now >= record.ExpiresAt
            || !consensus.TryGet(record.Relay, out var entry) || !HopRules.MayPublish(entry, consensus)) > 0;
        var picker = new RelayPicker(consensus, _decisions);
        while (_relays.Count < Size
            && picker.Pick(entry => entry.Identity != Self && HopRules.MayPublish(entry, consensus)
                && _relays.All(record => record.Relay != entry.Identity)) is { } picked)
        {
            var first = _decisions.NextTime(LifetimeMin, LifetimeMax);
            var second = _decisions.NextTime(LifetimeMin, LifetimeMax);
            _relays.Add(new VanguardRecord(picked.Identity, now + (first > second ? first : second)));
            changed = true;
        }

        return changed;
    }

    /// <summary>The relays of the set that <paramref name="consensus"/> lists.</summary>
    public IReadOnlyList<RelayEntry> Listed(Consensus consensus)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        return [.. _relays
            .Select(record => consensus.TryGet(record.Relay, out var entry) ? entry : null)
            .OfType<RelayEntry>()
            .Where(entry => HopRules.MayPublish(entry, consensus))];
    }
}
