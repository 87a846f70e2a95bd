using System.Diagnostics.Metrics;
using Veil.Node.Status;

namespace Veil.Node.Metrics;

/// <summary>
/// The node's metrics (spec/privacy.md, section 3): what `veil status` shows, as instruments. Nothing is measured for
/// them alone,
/// and no label holds more than the name of a counter.
/// </summary>
internal sealed class NodeMeter : IDisposable
{
    /// <summary>Name of the meter.</summary>
    internal const string Name = "Veil";

    private readonly Meter _meter = new(Name);

    /// <param name="status">Taken once for each instrument at each scrape.</param>
    internal NodeMeter(NodeStatus status)
    {
        Gauge("veil.up", "1 while the node is ready", () => status.Take().State == NodeStatus.Ready ? 1 : 0);
        Gauge("veil.relays", "relays in the directory", () => status.Take().Relays);
        Gauge("veil.links", "open links", () => status.Take().Links);
        Gauge("veil.circuits", "circuits", () => status.Take().Circuits);
        Gauge("veil.streams", "streams", () => status.Take().Streams);
        Gauge("veil.memory.cells", "bytes granted to circuits", () => status.Take().Memory.Used);
        Gauge("veil.memory.budget", "bytes that may be granted", () => status.Take().Memory.Budget);
        Gauge("veil.relayed.read", "bytes that came in over links of others", () => status.Take().Relayed?.Read ?? 0);
        Gauge("veil.relayed.written", "bytes that went out", () => status.Take().Relayed?.Written ?? 0);
        Gauge("veil.store.blocks", "blocks that can be read", () => status.Take().Store?.Blocks ?? 0);
        Gauge("veil.store.bytes", "bytes that the store takes", () => status.Take().Store?.Bytes ?? 0);
        Gauge("veil.store.quota", "bytes that the store may take", () => status.Take().Store?.Quota ?? 0);
        Gauge("veil.store.price", "hashes asked for a block and day", () => status.Take().Store?.Price ?? 0);
        Gauge("veil.store.left", "blocks that a drain has not handed over yet", () => LeftOf(status.Take().Store));
        _meter.CreateObservableCounter(
            "veil.events",
            () => status.Take().Counters.Select(counter =>
                new Measurement<long>(counter.Value, new KeyValuePair<string, object?>("name", counter.Key))),
            description: "what has happened, by name");
    }

    /// <summary>Ends the instruments.</summary>
    public void Dispose() => _meter.Dispose();

    private static long LeftOf(StoreDocument? store) => store?.Drain is { } drain ? drain.Remaining + drain.Left : 0;

    private void Gauge(string name, string description, Func<long> value) =>
        _meter.CreateObservableGauge(name, value, description: description);
}
