using Veil.Content.Edge;
using Veil.Content.Names;
using Veil.Wire.Names;
using Veil.Wire.Seams;

namespace Veil.Node.Names;

/// <summary>
/// Keeps names alive that are followed or were published here (spec/name.md, section 5): asks for them at random times,
/// collects the days ahead, and puts the records of the days that live back to the stores that they belong to now.
/// </summary>
internal sealed class NameKeeper(
    NodeNames names, NameResolver resolver, NameOptions options, (TimeProvider Time, DecisionSource Decisions) seams)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);
    private static readonly IsolationGroup _group = new("names/follow");

    // Of the loop: when the next round of each name is, and the day on which all its days were placed last.
    private readonly Dictionary<NameAddress, (DateTimeOffset Next, NameDay? Placed)> _plan = [];

    /// <summary>Goes on until it is told to stop.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = seams.Time.GetUtcNow();
            foreach (var kept in names.Book.Kept)
            {
                if (!_plan.TryGetValue(kept.Address, out var plan))
                {
                    // Soon, but not all of them at the start of the node.
                    _plan[kept.Address] = plan = (now + Random(TimeSpan.Zero, options.ShortestRound / 10), null);
                }

                // A clock that was set back must not put a round off for ever.
                if ((plan.Next <= now || plan.Next > now + options.LongestRound) && names.HasStores)
                {
                    var placed = await TendAsync(kept, plan.Placed, cancellationToken);
                    _plan[kept.Address] = (now + Random(options.ShortestRound, options.LongestRound), placed);
                }
            }

            Forget();
            var next = _plan.Count == 0 ? LongestWait : _plan.Values.Min(plan => plan.Next) - seams.Time.GetUtcNow();
            var wait = TimeSpan.FromTicks(Math.Clamp(next.Ticks, ShortestWait.Ticks, Wait.Ticks));
            await Task.Delay(wait, seams.Time, cancellationToken);
        }
    }

    // A name that is followed from now on waits no longer than this.
    private TimeSpan Wait => options.ShortestRound / 10 < LongestWait ? options.ShortestRound / 10 : LongestWait;

    /// <summary>One round for one name.</summary>
    /// <returns>The day on which all its days were placed last.</returns>
    internal async Task<NameDay?> TendAsync(KeptName kept, NameDay? placed, CancellationToken cancellationToken)
    {
        var today = names.Today;
        NameRecord[] news = [];
        try
        {
            var found = await names.ResolveAsync(kept.Address, _group, cancellationToken);
            if (found.IsForked)
            {
                // Nothing of it is spread: whoever asks is told.
                return placed;
            }

            news = [found.Record];
        }
        catch (NameUnavailableException)
        {
            // What is kept here may be all that there still is: it is put back all the same.
        }

        var known = kept.With(news, today);
        known = known.With(await CollectAsync(known, today, cancellationToken), today);
        bool isNew = !known.Records.SequenceEqual(kept.Records);
        if (isNew)
        {
            await RememberAsync(known, today, cancellationToken);
        }

        bool all = isNew || placed != today;
        await names.Placer.PlaceAsync(
            [.. known.Records.Where(record => all || names.IsLive(record.Day))], _group, cancellationToken);
        return today;
    }

    // The days ahead of this version that are not here yet; the owner had them placed with the others.
    private async Task<List<NameRecord>> CollectAsync(
        KeptName known, NameDay today, CancellationToken cancellationToken)
    {
        var found = new List<NameRecord>();
        if (known.Content is not { } content)
        {
            return found;
        }

        for (var day = today.Plus(-1); day <= content.LastDay && NameRecordLayout.IsKept(day, today); day = day.Plus(1))
        {
            if (known.Records.All(record => record.Day != day)
                && await resolver.FindAsync(known.Address, day, _group, cancellationToken) is { IsForked: false } one
                && one.Content.Sequence == content.Sequence)
            {
                found.Add(one.Record);
            }
        }

        return found;
    }

    private async Task RememberAsync(KeptName known, NameDay today, CancellationToken cancellationToken)
    {
        try
        {
            // It may have changed meanwhile, or be followed no longer.
            await names.Book.ChangeAsync(
                known.Address,
                now => IsKept(now, today) ? now.With(known.Records, today) : null,
                cancellationToken);
        }
        catch (IOException)
        {
            // It holds until the node stops, and is found again after that.
        }
    }

    // One that was only published here goes after its last day.
    private static bool IsKept(KeptName kept, NameDay today) =>
        kept.IsFollowed || (kept.IsOwn && kept.With([], today).Records.Count > 0);

    private void Forget()
    {
        foreach (var address in _plan.Keys.Where(address => names.Book.Find(address) is null).ToList())
        {
            _plan.Remove(address);
        }
    }

    private TimeSpan Random(TimeSpan from, TimeSpan to) => seams.Decisions.NextTime(from, to);
}
