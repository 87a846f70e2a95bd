using Veil.Circuits;
using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Content.Fetching;

/// <summary>
/// What all fetches of one object share: the network, the group, the pace, who failed. Safe for concurrent use.
/// </summary>
internal sealed class FetchContext(
    IBlockNetwork network,
    IsolationGroup group,
    DecisionSource decisions,
    TimeProvider time,
    ReaderOptions options)
{
    /// <summary>The object's network.</summary>
    public IBlockNetwork Network => network;

    /// <summary>Orders.</summary>
    public DecisionSource Decisions => decisions;

    /// <summary>Hedges.</summary>
    public TimeProvider Time => time;

    /// <summary>Bounds.</summary>
    public ReaderOptions Options => options;

    /// <summary>When a request is slow.</summary>
    public ResponsePace Pace { get; } = new(
        time, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));

    /// <summary>Who is asked last.</summary>
    public StoreHealth Health { get; } = new(time);

    /// <summary>Buffers; as many are kept as may be in flight, and in decoded stripes.</summary>
    public BlockPool Pool { get; } = new(
        options.MaxSharesInFlight + (options.MaxStripesInMemory * ReedSolomon.MaxDataShares));

    /// <summary>Requests at a time.</summary>
    public InFlightWindow Window { get; } = new(options.MaxSharesInFlight, decisions);

    /// <summary>Asks one store for one block.</summary>
    public async Task<StoreOutcome> FetchAsync(
        RelayId store,
        BlockRef reference,
        byte[] destination,
        CancellationToken cancellationToken)
    {
        await Window.EnterAsync(cancellationToken);
        try
        {
            var start = time.GetTimestamp();
            var outcome = await network.FetchAsync(group, store, reference, destination, cancellationToken);
            if (outcome == StoreOutcome.Done) Pace.Observe(time.GetElapsedTime(start));
            Health.Report(store, outcome, start);
            return outcome;
        }
        finally
        {
            Window.Leave();
        }
    }
}
