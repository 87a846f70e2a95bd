using System.Buffers.Binary;
using Veil.Circuits.Client;
using Veil.Directory;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Directory;

/// <summary>
/// Keeps a node's consensus fresh, soon after each is made, with pauses that grow when none answers (spec/directory.md,
/// section 9).
/// </summary>
internal sealed class ConsensusLoop
{
    private const int MaxPauseShift = 6;

    private readonly NetworkDefinition _network;
    private readonly ConsensusSources _sources;
    private readonly NetworkView _view;
    private readonly NetworkHealth _health;
    private readonly TimeProvider _time;
    private readonly DecisionSource _decisions;
    private readonly SteadyWait _wait;

    // Locked while it is used: an authority's own consensus comes from elsewhere.
    private readonly ConsensusTracker _tracker;
    private (ulong Epoch, DateTimeOffset Moment) _due;
    private long? _doubtedAt;
    private bool _authorityAnswered;

    internal ConsensusLoop(
        NetworkDefinition network,
        ConsensusSources sources,
        NetworkView view,
        NetworkHealth health,
        (TimeProvider Time, DecisionSource Decisions) seams)
    {
        (_network, _sources, _view, _health) = (network, sources, view, health);
        (_time, _decisions) = seams;
        _wait = new SteadyWait(network, _time);
        _tracker = new ConsensusTracker(network);
    }

    /// <summary>Told of each newer consensus, live or not, to be remembered. Must return at once.</summary>
    internal Action<ReadOnlyMemory<byte>>? OnNewer { get; init; }

    /// <summary>Told of each newer consensus that another node answered with.</summary>
    internal Action<ReadOnlyMemory<byte>>? OnFetched { get; set; }

    /// <summary>Takes a consensus that came another way: an authority's own.</summary>
    internal void Offer(ReadOnlyMemory<byte> bytes) => TryTake(bytes, remember: true);

    /// <summary>Takes the consensus of an earlier run; false if it does not verify.</summary>
    internal bool Restore(ReadOnlyMemory<byte> bytes)
    {
        TryTake(bytes, remember: false);
        lock (_tracker)
        {
            return _tracker.Newest is not null;
        }
    }

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        int failures = 0;

        // At the start somebody is asked in any case: whether the clock is right is not seen from a list.
        bool ask = true;
        while (true)
        {
            if (ask || IsDue())
            {
                await AskRoundAsync(cancellationToken);
                failures = IsDue() ? Math.Min(failures + 1, MaxPauseShift) : 0;
            }
            else
            {
                failures = 0;
            }

            _health.Review();
            var wait = failures == 0 ? Due() - _time.GetUtcNow() : Pause(failures);
            ulong epoch = CurrentEpoch;
            ask = !await _wait.ForAsync(wait, () => ReviewBetween(epoch), cancellationToken);
            failures = ask ? 0 : failures;
        }
    }

    private ulong CurrentEpoch
    {
        get
        {
            lock (_tracker)
            {
                return _tracker.Current?.Epoch ?? 0;
            }
        }
    }

    private ulong KnownEpoch
    {
        get
        {
            lock (_tracker)
            {
                return _tracker.KnownEpoch;
            }
        }
    }

    private void TryTake(ReadOnlyMemory<byte> bytes, bool remember)
    {
        bool isNewer;
        lock (_tracker)
        {
            ulong before = _tracker.KnownEpoch;
            if (_tracker.Offer(bytes, _time.GetUtcNow()) == ConsensusOffer.Accepted)
            {
                _view.Update(_tracker.Current!);
            }

            isNewer = _tracker.KnownEpoch > before;
            _health.Knows(_tracker.Current, _tracker.Newest);
        }

        if (isNewer && remember)
        {
            OnNewer?.Invoke(bytes);
        }
    }

    // What was too early may have become live; another part may have brought a newer one.
    private bool ReviewBetween(ulong epoch)
    {
        lock (_tracker)
        {
            if (_tracker.TakeNewest(_time.GetUtcNow()))
            {
                _view.Update(_tracker.Current!);
                _health.Knows(_tracker.Current, _tracker.Newest);
            }
        }

        _health.Review();
        return CurrentEpoch != epoch;
    }

    private bool IsDue() => _time.GetUtcNow() >= Due();

    // A consensus is made in the last third of the epoch before its own: whoever asks at random in its last fifth
    // finds it. Without a live one: now.
    private DateTimeOffset Due()
    {
        lock (_tracker)
        {
            if (_tracker.Current is not { } current || !current.IsLive(_time.GetUtcNow()))
            {
                return DateTimeOffset.MinValue;
            }

            if (_due.Epoch != current.Epoch)
            {
                double part = 0.8 + (0.2 * (_decisions.NextBelow(1000) / 1000.0));
                _due = (current.Epoch, current.ValidAfter + TimeSpan.FromSeconds(part * _network.EpochSeconds));
            }

            return _due.Moment;
        }
    }

    // A twentieth of an epoch, doubling: prompt in a lab, quiet in the world. Where an authority answers that it has
    // nothing yet, the list may come any moment; where none answers, there is nothing to hurry for.
    private TimeSpan Pause(int failures)
    {
        double first = Math.Max(_network.EpochSeconds / 20.0, 0.1);
        double jitter = 0.75 + (_decisions.NextBelow(500) / 1000.0);
        double most = _network.EpochSeconds * (_authorityAnswered ? 0.2 : 3.0);
        return TimeSpan.FromSeconds(Math.Min(first * Math.Pow(2, failures - 1), most) * jitter);
    }

    private async Task AskRoundAsync(CancellationToken cancellationToken)
    {
        var known = new byte[sizeof(ulong)];
        ulong before = KnownEpoch;
        BinaryPrimitives.WriteUInt64BigEndian(known, before);
        Consensus? list;
        lock (_tracker)
        {
            list = _tracker.Newest;
        }

        if (list is not null && _time.GetUtcNow() >= list.ValidUntil + ConsensusSources.ListLife(_network))
        {
            list = null;
        }

        var round = new AskRound(known, list, answer => Take(answer, before));
        _authorityAnswered = false;
        if (await _sources.AskGuardsAsync(round, cancellationToken))
        {
            return;
        }

        // As long as the present list can be used, no one else learns that this client is here. Guards that fail for
        // the moment do not change that; guards with another time do, now and then.
        if (_sources.IsClient && !IsMissing() && !MayDoubt())
        {
            return;
        }

        bool isEnough = await _sources.AskAuthoritiesAsync(round, cancellationToken);
        _authorityAnswered = round.AuthorityAnswered;
        if (!isEnough && !_authorityAnswered && IsMissing())
        {
            await _sources.AskOthersAsync(round, cancellationToken);
        }
    }

    private bool IsMissing()
    {
        lock (_tracker)
        {
            return _tracker.Current?.IsLive(_time.GetUtcNow()) != true;
        }
    }

    private bool MayDoubt()
    {
        var rest = TimeSpan.FromSeconds(Math.Max(_network.EpochSeconds, 60));
        if (!_health.Clock.IsSuspect || (_doubtedAt is { } last && _time.GetElapsedTime(last) < rest))
        {
            return false;
        }

        _doubtedAt = _time.GetTimestamp();
        return true;
    }

    // Whether this was enough: a newer list that can be used, and no doubt about the clock; or the certainty that the
    // clock is wrong, which nobody else can help.
    private bool Take(DirectoryAnswer answer, ulong before)
    {
        if (answer.Type == DirectoryMessageType.Consensus)
        {
            ulong known = KnownEpoch;
            TryTake(answer.Document, remember: true);
            if (KnownEpoch > known)
            {
                OnFetched?.Invoke(answer.Document);
            }
        }

        var clock = _health.Clock;
        return clock.IsWrong || (KnownEpoch > before && !IsMissing() && !clock.IsSuspect);
    }
}
