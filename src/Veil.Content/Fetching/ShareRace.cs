using Veil.Content.Edge;
using Veil.Content.Transfers;
using Veil.Links.Tasks;
using Veil.Wire;

namespace Veil.Content.Fetching;

/// <summary>One request that may be made: which share, its reference, at which store.</summary>
internal readonly record struct ShareAttempt(int Share, BlockRef Reference, RelayId Store);

/// <summary>
/// Fetches any <paramref name="needed"/> different shares: as many requests at a time as shares are missing, the next
/// one when one fails, more when they are slow; what failed once more in rounds, the second at once and each further
/// one after a pause (spec/stripe.md, section 7). One run, one owner; what loses is cancelled and awaited before the
/// run ends.
/// </summary>
/// <param name="context">The network and the pace.</param>
/// <param name="needed">How many different shares.</param>
/// <param name="first">What to try, in order.</param>
/// <param name="more">What to try after that; asked once, when it is needed. Never fails.</param>
internal sealed class ShareRace(
    FetchContext context,
    int needed,
    IEnumerable<ShareAttempt> first,
    Func<CancellationToken, Task<IReadOnlyList<ShareAttempt>>>? more)
{
    private readonly Queue<ShareAttempt> _queue = new(first);
    private readonly Queue<ShareAttempt> _failed = new();
    private readonly Patience _patience = new(context.Time, context.Options.Patience);
    private readonly List<Running> _running = [];
    private readonly AsyncSignal _wake = new();
    private readonly Dictionary<int, byte[]> _obtained = [];
    private Task<IReadOnlyList<ShareAttempt>>? _more;
    private bool _moreDone = more is null;
    private bool _moreCame;
    private bool _isFirstRound = true;
    private int _hedges;

    /// <summary>
    /// True where at least one store was asked and every one answered that it does not have the share.
    /// </summary>
    public bool OnlyNotFound { get; private set; } = true;

    /// <summary>
    /// Shares by number, in buffers of the context's pool that now belong to the caller. Fewer than needed where
    /// everything was tried; more where several requests ended at once.
    /// </summary>
    public async Task<Dictionary<int, byte[]>> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var completed = false;
        try
        {
            while (_obtained.Count < needed)
            {
                StartRequests(stop.Token);
                if (_running.Count > 0 || (_more is not null && !_moreDone)) await WaitAsync(stop.Token);
                else if (!await BeginRoundAsync(stop.Token)) break;
            }

            cancellationToken.ThrowIfCancellationRequested();
            completed = true;
            return _obtained;
        }
        finally
        {
            stop.Cancel();
            await SettleAsync();
            if (!completed)
            {
                foreach (var block in _obtained.Values) context.Pool.Return(block);
            }
        }
    }

    private void StartRequests(CancellationToken cancellationToken)
    {
        // What goes to one store now shares cells and a wake of the link.
        using var turn = LoopTurn.Begin();
        while (_running.Count < needed - _obtained.Count + _hedges)
        {
            if (!_queue.TryDequeue(out var attempt))
            {
                if (!_moreDone) _more ??= WakingAsync(
                    more!(cancellationToken), () => Volatile.Write(ref _moreCame, true));
                if (!_moreDone || !_isFirstRound || !TryQueueFailed()) return;
                _isFirstRound = false;
                continue;
            }

            if (_obtained.ContainsKey(attempt.Share)) continue;
            var buffer = context.Pool.Rent();
            var running = new Running(attempt, buffer);
            running.Request = WakingAsync(
                context.FetchAsync(attempt.Store, attempt.Reference, buffer, cancellationToken),
                () => running.IsFinished = true);
            _running.Add(running);
        }
    }

    // Everything was tried. The fault may be this client's, whose circuits all fail for a while, and not the stores'.
    private async Task<bool> BeginRoundAsync(CancellationToken cancellationToken) =>
        _failed.Count > 0 && await _patience.WaitAsync(cancellationToken) && TryQueueFailed();

    private bool TryQueueFailed()
    {
        var any = _failed.Count > 0;
        while (_failed.TryDequeue(out var attempt)) _queue.Enqueue(attempt);
        return any;
    }

    // Woken by whatever ends, on this race's own scheduler; Task.WhenAny would not promise that.
    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        bool mayHedge = _queue.Count > 0 || !_moreDone || (_isFirstRound && _failed.Count > 0);
        var start = context.Time.GetTimestamp();
        var limit = context.Pace.Limit;
        using (var slow = mayHedge
            ? context.Time.CreateTimer(_ => _wake.Wake(), null, limit, Timeout.InfiniteTimeSpan)
            : null)
        {
            await _wake.WaitAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (!_moreDone && _more is not null && Volatile.Read(ref _moreCame))
        {
            foreach (var attempt in await _more) _queue.Enqueue(attempt);
            _moreDone = true;
        }
        else if (mayHedge && !_running.Exists(running => running.IsFinished)
            && context.Time.GetElapsedTime(start) >= limit)
        {
            Hedge();
        }

        await TakeFinishedAsync();
    }

    // What is over says so before it wakes the race: a task is complete only after its last line.
    private async Task<T> WakingAsync<T>(Task<T> work, Action isOver)
    {
        try
        {
            return await work;
        }
        finally
        {
            isOver();
            _wake.Wake();
        }
    }

    // As many more as are missing, each time; what there is to try bounds the sum. Who keeps others waiting is asked
    // last by the next race, until it answers.
    private void Hedge()
    {
        _hedges += needed - _obtained.Count;
        foreach (var running in _running.Where(running => !running.IsSlow))
        {
            running.IsSlow = true;
            context.Health.KeepsWaiting(running.Attempt.Store);
        }
    }

    private async Task TakeFinishedAsync()
    {
        for (var index = _running.Count - 1; index >= 0; index--)
        {
            var running = _running[index];
            if (!running.IsFinished) continue;
            _running.RemoveAt(index);
            var (attempt, buffer) = (running.Attempt, running.Buffer);
            var outcome = await running.Request;
            if (outcome == StoreOutcome.Done && _obtained.TryAdd(attempt.Share, buffer))
            {
                _patience.Succeeded();
                continue;
            }

            context.Pool.Return(buffer);
            OnlyNotFound &= outcome == StoreOutcome.NotFound;
            if (outcome == StoreOutcome.Failed) _failed.Enqueue(attempt);
        }
    }

    private async Task SettleAsync()
    {
        foreach (var running in _running)
        {
            await TaskWindow.Settle(running.Request);
            context.Pool.Return(running.Buffer);
        }

        _running.Clear();
        if (_more is not null) await TaskWindow.Settle(_more);
    }

    private sealed class Running(ShareAttempt attempt, byte[] buffer)
    {
        private volatile bool _isFinished;

        public ShareAttempt Attempt { get; } = attempt;

        public byte[] Buffer { get; } = buffer;

        public Task<StoreOutcome> Request { get; set; } = null!;

        /// <summary>Whether the request is over, or is about to be.</summary>
        public bool IsFinished
        {
            get => _isFinished;
            set => _isFinished = value;
        }

        public bool IsSlow { get; set; }
    }
}
