using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Directory.Paths;

/// <summary>
/// The client's guards (spec/directory.md, section 6): two, chosen by weight and kept for months, in a fixed order of
/// preference, with at most four stand-ins behind them. Time is an argument; records are exported for others
/// to keep. Not for concurrent use: the owner of the paths owns it.
/// </summary>
public sealed class GuardSet
{
    private readonly GuardRules _rules;
    private readonly DecisionSource _decisions;
    private readonly List<GuardRecord> _guards = [];

    /// <summary>Starts from persisted <paramref name="records"/>, or empty.</summary>
    /// <exception cref="ArgumentException">More than <see cref="GuardRules.MaxSampled"/>, or one twice.</exception>
    public GuardSet(GuardRules rules, DecisionSource decisions, IEnumerable<GuardRecord>? records = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(decisions);
        _rules = rules;
        _decisions = decisions;
        _guards.AddRange(records ?? []);
        if (_guards.Count > GuardRules.MaxSampled || _guards.DistinctBy(guard => guard.Relay).Count() != _guards.Count)
        {
            throw new ArgumentException("too many guards, or one twice", nameof(records));
        }
    }

    /// <summary>The relay that this client is itself: never its own guard; null for one that is none.</summary>
    public RelayId? Self { get; init; }

    /// <summary>The guards in order of preference, to be persisted after every change.</summary>
    public IReadOnlyList<GuardRecord> Export() => [.. _guards];

    /// <summary>
    /// Brings the set up to date with <paramref name="consensus"/>: forgets what expired or left long ago, fills up to
    /// two, and adds stand-ins where the rules allow. Call it for every new consensus and before choosing paths.
    /// True if there is something new to persist.
    /// </summary>
    public bool Refresh(Consensus consensus, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        var changed = false;
        for (var index = 0; index < _guards.Count; index++)
        {
            var listed = consensus.TryGet(_guards[index].Relay, out var entry) && entry.Has(RelayFlags.Guard);
            if (listed != (_guards[index].UnlistedSince is null))
            {
                _guards[index] = _guards[index] with { UnlistedSince = listed ? null : now };
                changed = true;
            }
        }

        changed |= _guards.RemoveAll(guard => guard.Relay == Self
            || now >= guard.ExpiresAt || Lasts(guard.UnlistedSince, _rules.DropUnlisted, now)) > 0;
        var wanted = GuardRules.Primary + _guards.Count(guard => NeedsStandIn(guard, now));
        wanted = Math.Min(wanted, GuardRules.MaxSampled);
        while (_guards.Count < wanted && TryAdd(consensus, now))
        {
            changed = true;
        }

        return changed;
    }

    /// <summary>
    /// The guards that may be used now, best first, at most two: listed, rested, not excluded. Stand-ins come after
    /// those that they stand in for.
    /// </summary>
    public IReadOnlyList<RelayEntry> Usable(Consensus consensus, IReadOnlySet<RelayId> excluded, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        ArgumentNullException.ThrowIfNull(excluded);
        List<RelayEntry> usable = [];
        foreach (var guard in InUse(now))
        {
            if (!Rests(guard, now) && !excluded.Contains(guard.Relay)
                && consensus.TryGet(guard.Relay, out var entry) && entry.Has(RelayFlags.Guard))
            {
                usable.Add(entry);
            }
        }

        return usable;
    }

    /// <summary>A link to the guard, or a first hop through it, was made.</summary>
    public void Succeeded(RelayId relay)
    {
        if (Find(relay) is { } index)
        {
            _guards[index] = _guards[index] with { FailingSince = null, Failures = 0, RestsUntil = null };
        }
    }

    /// <summary>
    /// A link to the guard could not be made: it rests, twice as long each time, up to the rules' maximum. One that
    /// rests already failed for somebody else who waited for the same link: it is one failure.
    /// Faults further along a path are not the guard's and do not belong here.
    /// </summary>
    public void Failed(RelayId relay, DateTimeOffset now)
    {
        if (Find(relay) is not { } index || Rests(_guards[index], now))
        {
            return;
        }

        var guard = _guards[index];
        var longest = AnotherServes(guard) ? _rules.RetryMax : _rules.RetryBlindly;

        // The exponent stops where the longest rest is reached for certain, long before it overflows.
        var factor = 1L << Math.Min(guard.Failures, 20);
        var rest = TimeSpan.FromTicks(Math.Min(_rules.RetryFirst.Ticks * factor, longest.Ticks));
        _guards[index] = guard with
        {
            FailingSince = guard.FailingSince ?? now,
            Failures = rest < longest ? guard.Failures + 1 : guard.Failures,
            RestsUntil = now + rest,
        };
    }

    // No longer than the longest rest: the clock may have been ahead.
    private bool Rests(GuardRecord guard, DateTimeOffset now) =>
        guard.RestsUntil is { } until && now < until && until - now <= _rules.RetryMax;

    private static bool Lasts(DateTimeOffset? since, TimeSpan limit, DateTimeOffset now) =>
        since is { } start && now - start >= limit;

    /// <summary>The first two that need no stand-in, and every better one that does, in order.</summary>
    private List<GuardRecord> InUse(DateTimeOffset now)
    {
        List<GuardRecord> inUse = [];
        var sound = 0;
        foreach (var guard in _guards)
        {
            if (sound == GuardRules.Primary)
            {
                break;
            }

            inUse.Add(guard);
            sound += NeedsStandIn(guard, now) ? 0 : 1;
        }

        return inUse;
    }

    private bool NeedsStandIn(GuardRecord guard, DateTimeOffset now)
    {
        var patience = AnotherServes(guard) ? _rules.StandInAfter : _rules.StandInBlindly;
        return Lasts(guard.UnlistedSince, _rules.StandInAfter, now) || Lasts(guard.FailingSince, patience, now);
    }

    private bool AnotherServes(GuardRecord guard) => _guards.Any(other =>
        other.Relay != guard.Relay && other.FailingSince is null && other.UnlistedSince is null);

    private bool TryAdd(Consensus consensus, DateTimeOffset now)
    {
        var others = _guards
            .Select(guard => consensus.TryGet(guard.Relay, out var entry) ? entry : null)
            .OfType<RelayEntry>()
            .ToList();
        var known = _guards.Select(guard => guard.Relay).ToHashSet();
        var picked = new RelayPicker(consensus, _decisions).Pick(entry =>
            entry.Has(RelayFlags.Guard) && entry.Identity != Self
            && HopRules.MayJoin(entry, others, known, consensus.Lab));
        if (picked is null)
        {
            return false;
        }

        _guards.Add(new GuardRecord
        {
            Relay = picked.Identity,
            ChosenAt = now,
            ExpiresAt = now + _decisions.NextTime(_rules.LifetimeMin, _rules.LifetimeMax),
        });
        return true;
    }

    private int? Find(RelayId relay)
    {
        var index = _guards.FindIndex(guard => guard.Relay == relay);
        return index < 0 ? null : index;
    }
}
