using Microsoft.Extensions.Logging;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Storage.State;
using Veil.Wire.Names;
using Veil.Wire.Seams;

namespace Veil.Node.Names;

/// <summary>
/// Names at one node: resolves them, believes nothing that contradicts what it saw before, hands out what was published
/// here, and remembers (spec/name.md, sections 5 and 6). Safe for concurrent use.
/// </summary>
internal sealed partial class NodeNames
{
    private const int MaxFresh = 256;

    private static readonly IsolationGroup _publishing = new("names/publish");

    private readonly IRecordNetwork _network;
    private readonly NameOptions _options;
    private readonly TimeProvider _time;
    private readonly NameResolver _resolver;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Group, NameAddress Address), (ContentKey Target, long At)> _fresh = [];

    internal NodeNames(
        IRecordNetwork network,
        IDocumentSlot? slot,
        NameOptions options,
        (TimeProvider Time, DecisionSource Decisions) seams)
    {
        (_network, _options, _time) = (network, options, seams.Time);
        _resolver = new NameResolver(network, seams.Decisions, seams.Time);
        Placer = new NamePlacer(network, seams.Time);
        Book = new NameBook(slot);
        Keeper = new NameKeeper(this, _resolver, options, seams);
    }

    /// <summary>What is remembered.</summary>
    internal NameBook Book { get; }

    /// <summary>Hands records to stores.</summary>
    internal NamePlacer Placer { get; }

    /// <summary>Keeps names alive.</summary>
    internal NameKeeper Keeper { get; }

    /// <summary>Whether stores are known that can be asked.</summary>
    internal bool HasStores => _network.Ring.Count > 0;

    /// <summary>The present day.</summary>
    internal NameDay Today => NameDay.Of(_time.GetUtcNow());

    /// <summary>Takes up what an earlier run left. Once, before all else.</summary>
    internal async Task LoadAsync(ILogger logger, CancellationToken cancellationToken)
    {
        if (!await Book.LoadAsync(cancellationToken))
        {
            LogDamaged(logger);
        }
    }

    /// <summary>What a name stands for, a fork among it.</summary>
    /// <exception cref="NameUnavailableException">It cannot be found, or contradicts what was seen before.</exception>
    internal async Task<NameResolution> ResolveAsync(
        NameAddress address, IsolationGroup group, CancellationToken cancellationToken)
    {
        var found = await _resolver.ResolveAsync(address, group, cancellationToken);
        if (found.IsForked)
        {
            // Neither is remembered: which one comes back later says nothing.
            return found;
        }

        switch (Book.History.Judge(address, found.Content))
        {
            case NameVerdict.RolledBack:
                throw new NameUnavailableException(
                    NameFault.RolledBack,
                    $"stores show version {found.Content.Sequence}, and {Book.History.HighestOf(address)} was seen");
            case NameVerdict.Forked:
                throw new NameUnavailableException(
                    NameFault.Forked, $"version {found.Content.Sequence} was seen before with other content");
            case NameVerdict.Newer:
                await RememberAsync(cancellationToken);
                break;
        }

        return found;
    }

    /// <summary>What to open for a name; the same for a while for one group.</summary>
    /// <exception cref="NameUnavailableException">It cannot be found, or must not be believed.</exception>
    internal async Task<ContentKey> TargetAsync(
        NameAddress address, IsolationGroup group, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_fresh.TryGetValue((group.Name, address), out var known)
                && _time.GetElapsedTime(known.At) < _options.Fresh)
            {
                return known.Target;
            }
        }

        var found = await ResolveAsync(address, group, cancellationToken);
        if (found.IsForked)
        {
            throw new NameUnavailableException(
                NameFault.Forked, $"two contents are signed as version {found.Content.Sequence} of this name");
        }

        lock (_lock)
        {
            if (_fresh.Count >= MaxFresh)
            {
                _fresh.Clear();
            }

            _fresh[(group.Name, address)] = (found.Content.Target, _time.GetTimestamp());
        }

        return found.Content.Target;
    }

    /// <summary>The highest number that anybody shows, or that was seen here; 0 for a name that is new.</summary>
    /// <exception cref="NameUnavailableException">Too few stores answer to say so.</exception>
    internal async Task<ulong> HighestAsync(NameAddress address, CancellationToken cancellationToken)
    {
        ulong known = Math.Max(Book.History.HighestOf(address), Book.Find(address)?.Sequence ?? 0);
        try
        {
            var found = await _resolver.ResolveAsync(address, _publishing, cancellationToken);
            return Math.Max(known, found.Content.Sequence);
        }
        catch (NameUnavailableException nothing) when (nothing.Fault == NameFault.NotFound)
        {
            return known;
        }
    }

    /// <summary>Hands out a version that its owner has signed, and keeps it alive from now on.</summary>
    /// <param name="address">The name.</param>
    /// <param name="records">One for each day, yesterday, today and tomorrow among them.</param>
    /// <param name="cancellationToken">Gives up; what was placed stays.</param>
    /// <exception cref="NamePublishException">It is not published.</exception>
    internal async Task<IReadOnlyList<PlacedRecord>> PublishAsync(
        NameAddress address, IReadOnlyList<NameRecord> records, CancellationToken cancellationToken)
    {
        var content = Check(address, records);
        if (content.Sequence <= Book.History.HighestOf(address))
        {
            throw Outdated();
        }

        var placed = await Placer.PlaceAsync(records, _publishing, cancellationToken);
        if (placed.Any(record => record.IsOutdated))
        {
            throw Outdated();
        }

        if (placed.FirstOrDefault(record => IsLive(record.Record.Day) && !record.IsSafe) is { } missing)
        {
            throw new NamePublishException(
                NamePublishFault.NotPlaced,
                $"{missing.Kept} of {missing.Copies} stores keep the name's record of a day");
        }

        Book.History.Judge(address, content);
        lock (_lock)
        {
            foreach (var key in _fresh.Keys.Where(key => key.Address == address).ToList())
            {
                _fresh.Remove(key);
            }
        }

        await Book.ChangeAsync(
            address, kept => (kept with { IsOwn = true }).With(records, Today), cancellationToken);
        return placed;
    }

    /// <summary>Whether records of this day are to be with their stores now.</summary>
    internal bool IsLive(NameDay day) => day.IsWithin(Today.Plus(-1), Today.Plus(1));

    // Being told is worth more than being remembered: a full disk keeps nobody from reading.
    private async Task RememberAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Book.SaveAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It is remembered until the node stops, and written with the next change.
        }
    }

    private NameContent Check(NameAddress address, IReadOnlyList<NameRecord> records)
    {
        NameContent? first = null;
        foreach (var record in records)
        {
            if (!NameSeal.TryOpen(address, record, out var content) || (first is not null && content != first))
            {
                throw Bad("these are not the records of one version of the name");
            }

            first = content;
        }

        bool lives = records.Count(record => IsLive(record.Day)) == 3
            && records.DistinctBy(record => record.Day).Count() == records.Count
            && records.Count <= NameRecordLayout.DaysBehind + NameRecordLayout.DaysAhead + 1;
        return lives && first is not null
            ? first
            : throw Bad("a version has one record for each day, yesterday, today and tomorrow among them");
    }

    [LoggerMessage(150, LogLevel.Warning, "what was remembered of names cannot be read: older versions of names are "
        + "not noticed, and follow them anew")]
    private static partial void LogDamaged(ILogger logger);

    private static NamePublishException Bad(string message) => new(NamePublishFault.BadRecords, message);

    private static NamePublishException Outdated() =>
        new(NamePublishFault.Outdated, "a version with this number or a higher one is out already");
}
