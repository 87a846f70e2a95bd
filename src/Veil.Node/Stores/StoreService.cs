using Microsoft.Extensions.Logging;
using Veil.Node.Status;
using Veil.Storage.Segments;
using Veil.Storage.Upkeep;

namespace Veil.Node.Stores;

/// <summary>What a store on a disk does besides serving: it is looked after, and it is drained (spec/store.md,
/// sections 10 to 12).</summary>
internal sealed partial class StoreService
{
    private readonly SegmentStore _store;

    /// <param name="store">The store. Not disposed here.</param>
    /// <param name="options">How it is looked after.</param>
    /// <param name="seams">Clock and state.</param>
    /// <param name="drain">Makes the drain, given whom to tell of it.</param>
    /// <param name="logger">Never shows a reference.</param>
    internal StoreService(
        SegmentStore store,
        StoreUpkeepOptions options,
        NodeSeams seams,
        Func<Action<string>, StoreDrain> drain,
        ILogger logger)
    {
        _store = store;
        Drain = drain(change => LogDrain(logger, change));
        Upkeep = new StoreUpkeep(store, seams.State, seams.Time, options)
        {
            IsStill = () => Drain.IsOn,
            IsClockSound = () => Drain.IsLive(),
            OnBad = bad => LogBad(logger, bad),
            OnPass = pass => LogPass(logger, pass.Checked, pass.Bad),
            OnFault = fault => LogFault(logger, fault.GetType().Name),
        };
    }

    /// <summary>Sweeps, compaction, scrub.</summary>
    internal StoreUpkeep Upkeep { get; }

    /// <summary>The drain, begun or not.</summary>
    internal StoreDrain Drain { get; }

    /// <summary>Does all that until it is stopped.</summary>
    internal Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Upkeep.RunAsync(cancellationToken), Drain.RunAsync(cancellationToken));

    /// <summary>The store as status shows it (spec/control.md, section 4).</summary>
    internal StoreDocument Describe() => new(_store.BlockCount, _store.Bytes, _store.Quota)
    {
        Scrub = DescribeScrub(),
        Drain = DescribeDrain(),
    };

    /// <summary>The scrub as status shows it.</summary>
    internal ScrubDocument DescribeScrub()
    {
        var scrub = Upkeep.Scrub;
        return new ScrubDocument(
            scrub.Checked,
            scrub.Bad,
            scrub.Started,
            scrub.LastFinished,
            scrub.LastBad,
            Upkeep.IsAtOnce);
    }

    /// <summary>The drain as status shows it, or null.</summary>
    internal DrainDocument? DescribeDrain() => Drain.Progress is { } drain
        ? new DrainDocument(drain.Pass, drain.Started, drain.Handed, drain.Left, Drain.Remaining, drain.Done)
        {
            RecordsHanded = drain.RecordsHanded,
            RecordsLeft = drain.RecordsLeft,
        }
        : null;

    /// <summary>What its owner should know.</summary>
    internal StatusProblem? FindProblem() => Drain.Progress switch
    {
        null => null,
        { Done: true } drain => new StatusProblem(
            "store_drained",
            $"the store is drained: other stores have all {drain.Handed} blocks{LeftRecords(drain)}",
            "the node may be stopped; veil store drain --cancel makes it a store again",
            StopsService: false),
        var drain => new StatusProblem(
            "store_draining",
            $"the store is being drained: {drain.Handed} blocks handed over, {Drain.Remaining} to go, "
            + $"{drain.Left} that no store took yet"
            + LeftRecords(drain),
            "leave it running until veil status says that it is drained: what is not handed over is lost with it, and "
            + "only those who keep content put it back",
            StopsService: false),
    };

    private static string LeftRecords(DrainProgress drain) =>
        drain.RecordsLeft > 0 ? $"; no store took {drain.RecordsLeft} records of names" : "";

    [LoggerMessage(160, LogLevel.Warning, "a scrub found {Bad} damaged blocks: they are no longer served")]
    private static partial void LogBad(ILogger logger, int bad);

    [LoggerMessage(161, LogLevel.Information, "a scrub ended: {Read} blocks read, {Bad} damaged")]
    private static partial void LogPass(ILogger logger, long read, long bad);

    [LoggerMessage(162, LogLevel.Warning, "the disk kept a store's upkeep from being done: {Kind}")]
    private static partial void LogFault(ILogger logger, string kind);

    [LoggerMessage(163, LogLevel.Information, "drain of the store {Change}")]
    private static partial void LogDrain(ILogger logger, string change);
}
