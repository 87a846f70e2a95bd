using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Wire.Store;

namespace Veil.Storage.Upkeep;

/// <summary>
/// Looks after a store while it serves (spec/store.md, sections 10 and 11): sweeps, compacts and scrubs, in small
/// steps with pauses between them.
/// </summary>
public sealed class StoreUpkeep
{
    /// <summary>The setting in the node's state that remembers a scrub.</summary>
    public const string ScrubSetting = "store.scrub";

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly SegmentStore _store;
    private readonly INodeState? _state;
    private readonly TimeProvider _time;
    private readonly StoreUpkeepOptions _options;
    private readonly PausableWait _wait;
    private volatile ScrubProgress _scrub = ScrubProgress.None;
    private volatile bool _atOnce;
    private volatile bool _restart;
    private long _remembered;
    private bool _isRecalled;

    /// <param name="store">The store. Not disposed here.</param>
    /// <param name="state">Where the scrub's place is remembered; null for a store that lives once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">How much at a time.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public StoreUpkeep(SegmentStore store, INodeState? state, TimeProvider time, StoreUpkeepOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_store, _state, _time, _options) = (store, state, time, options);
        _wait = new PausableWait(time);
    }

    /// <summary>How far the scrub is; any thread.</summary>
    public ScrubProgress Scrub => _scrub;

    /// <summary>Whether the pass was asked for, and does not take its time.</summary>
    public bool IsAtOnce => _atOnce;

    /// <summary>Whether blocks must stay where they are: nothing is compacted then (spec/store.md, section
    /// 12).</summary>
    public Func<bool> IsStill { get; init; } = static () => false;

    /// <summary>Whether the clock can be believed: else nothing is forgotten (spec/store.md, section 10).</summary>
    public Func<bool> IsClockSound { get; init; } = static () => true;

    /// <summary>Told the number of damaged blocks of a step, if any.</summary>
    public Action<int>? OnBad { get; init; }

    /// <summary>Told what a pass found when it ends.</summary>
    public Action<ScrubProgress>? OnPass { get; init; }

    /// <summary>Told when the disk kept something from being done; it is tried again.</summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>Begins a pass of the scrub now, which takes only as long as its rate demands. Any thread.</summary>
    public void ScrubNow()
    {
        _atOnce = true;
        _restart = true;
        _wait.Wake();
    }

    /// <summary>Looks after the store until it is stopped.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        RepeatAsync(SweepAsync, cancellationToken), RepeatAsync(ScrubAsync, cancellationToken));

    private async Task RepeatAsync(Func<CancellationToken, Task> loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await loop(cancellationToken);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                OnFault?.Invoke(fault);
                await Task.Delay(_options.FaultPause, _time, cancellationToken);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var next = _time.GetUtcNow();
        while (true)
        {
            if (IsDue(next, _options.SweepEvery))
            {
                bool isSound = IsClockSound();
                if (isSound)
                {
                    await _store.ExpireAsync(_time.GetUtcNow(), cancellationToken);
                }

                next = _time.GetUtcNow() + (isSound ? _options.SweepEvery : _options.FaultPause);
            }

            var began = _time.GetTimestamp();
            var step = IsStill() ? default : await _store.CompactAsync(cancellationToken);
            var pause = step.HasMore ? PauseAfter(step, _time.GetElapsedTime(began)) : next - _time.GetUtcNow();
            await Task.Delay(Within(TimeSpan.Zero, pause, LongestWait), _time, cancellationToken);
        }
    }

    private TimeSpan PauseAfter(CompactionStep step, TimeSpan took)
    {
        var byRate = TimeSpan.FromSeconds((double)step.CopiedBytes / _options.CompactionRate);
        var byShare = took * ((1 / _options.ShareOfTime) - 1);
        return byRate > byShare ? byRate : byShare;
    }

    private async Task ScrubAsync(CancellationToken cancellationToken)
    {
        await RecallAsync(cancellationToken);
        while (true)
        {
            var now = _time.GetUtcNow();
            if (_restart || IsAhead(_scrub.Started, now) || (!_scrub.IsRunning && IsScrubDue()))
            {
                _restart = false;
                _scrub = _scrub with
                {
                    Segment = 0,
                    Slot = 0,
                    Started = now.ToUnixTimeSeconds(),
                    Checked = 0,
                    Bad = 0,
                };
                await RememberAsync(cancellationToken);
            }

            var pause = _scrub.IsRunning
                ? await StepAsync(cancellationToken)
                : DateTimeOffset.FromUnixTimeSeconds(_scrub.Next) - now;
            await _wait.WaitAsync(Within(TimeSpan.Zero, pause, LongestWait), cancellationToken);
        }
    }

    // What lies further ahead than it is ever put off was set while the clock was ahead.
    private bool IsDue(DateTimeOffset at, TimeSpan period) =>
        _time.GetUtcNow() is var now && (now >= at || at - now > period);

    private bool IsScrubDue() =>
        IsDue(DateTimeOffset.FromUnixTimeSeconds(_scrub.Next), _options.ScrubPeriod + TimeSpan.FromSeconds(1));

    private static bool IsAhead(long? seconds, DateTimeOffset now) => seconds > now.ToUnixTimeSeconds();

    private async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        var step = await _store.ScrubAsync(
            _scrub.Position, StoreUpkeepOptions.ScrubStepBlocks, cancellationToken);
        if (step.Bad > 0)
        {
            OnBad?.Invoke(step.Bad);
        }

        var scrub = _scrub with
        {
            Segment = step.Next.Segment,
            Slot = step.Next.Slot,
            Checked = _scrub.Checked + step.Checked,
            Bad = _scrub.Bad + step.Bad,
        };
        if (_restart)
        {
            return TimeSpan.Zero;
        }

        if (step.IsEnd)
        {
            return await EndAsync(scrub, cancellationToken);
        }

        _scrub = scrub;
        if (_time.GetElapsedTime(_remembered) >= _options.RememberEvery)
        {
            await RememberAsync(cancellationToken);
        }

        return PauseAfter(step);
    }

    /// <summary>The step's share of the time that the pass has left, and never less than its bytes take.</summary>
    private TimeSpan PauseAfter(ScrubStep step)
    {
        var bytes = Math.Max(step.Checked, 1) * (double)StoreLayout.BlockBytes;
        var byRate = TimeSpan.FromSeconds(step.Checked * (double)StoreLayout.BlockBytes / _options.ScrubRate);
        if (_atOnce)
        {
            return byRate;
        }

        var end = DateTimeOffset.FromUnixTimeSeconds(_scrub.Started ?? 0) + _options.ScrubPeriod;
        var left = end - _time.GetUtcNow();
        return Within(byRate, left * Math.Min(1, bytes / Math.Max(bytes, step.Ahead)), LongestWait);
    }

    private async Task<TimeSpan> EndAsync(ScrubProgress scrub, CancellationToken cancellationToken)
    {
        // The next one begins when this one's time is over, however little there was to read.
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var next = (_atOnce ? now : scrub.Started ?? now) + (long)Math.Ceiling(_options.ScrubPeriod.TotalSeconds);
        _atOnce = _restart;
        _scrub = new ScrubProgress(0, 0, null, scrub.Checked, scrub.Bad, now, scrub.Bad, Math.Max(now + 1, next));
        OnPass?.Invoke(_scrub);
        await RememberAsync(cancellationToken);
        return TimeSpan.Zero;
    }

    private async Task RecallAsync(CancellationToken cancellationToken)
    {
        // Once: after a fault, what is in memory is newer.
        if (_state is not null && !_isRecalled)
        {
            _isRecalled = true;
            _scrub = ScrubProgress.Parse(await _state.GetSettingAsync(ScrubSetting, cancellationToken));
        }
    }

    private async Task RememberAsync(CancellationToken cancellationToken)
    {
        _remembered = _time.GetTimestamp();
        if (_state is not null)
        {
            await _state.SetSettingAsync(ScrubSetting, _scrub.Format(), cancellationToken);
        }
    }

    private static TimeSpan Within(TimeSpan least, TimeSpan wanted, TimeSpan most) =>
        wanted < least ? least : wanted > most && most > least ? most : wanted;
}
