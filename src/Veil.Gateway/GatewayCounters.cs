using System.Text.Json;
using Veil.Gateway.Socks;
using Veil.Wire.Exits;

namespace Veil.Gateway;

/// <summary>What the gateway counts, for <c>veil status</c> and metrics. Safe for concurrent use.</summary>
public sealed class GatewayCounters
{
    private readonly long[] _refused = new long[(int)Enum.GetValues<SocksRefusal>().Max() + 1];
    private readonly long[] _exits = new long[(int)Enum.GetValues<ExitAnswer>().Max() + 1];
    private long _accepted;

    /// <summary>SOCKS connections that were handed over to a site.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>SOCKS connections refused for one reason.</summary>
    public long Refused(SocksRefusal reason) => Interlocked.Read(ref _refused[(int)reason]);

    /// <summary>SOCKS connections to targets outside that ended so.</summary>
    public long Exits(ExitAnswer answer) => Interlocked.Read(ref _exits[(int)answer]);

    /// <summary>
    /// All counters that are not zero: <c>socks.accepted</c>, <c>socks.refused.&lt;reason&gt;</c>,
    /// <c>socks.exit.&lt;answer&gt;</c>
    /// (spec/gateway.md, section 1.3).
    /// </summary>
    public IReadOnlyDictionary<string, long> Snapshot()
    {
        var counters = new SortedDictionary<string, long>(StringComparer.Ordinal);
        if (Accepted > 0)
        {
            counters.Add("socks.accepted", Accepted);
        }

        foreach (var reason in Enum.GetValues<SocksRefusal>())
        {
            if (Refused(reason) > 0)
            {
                string name = JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
                counters.Add($"socks.refused.{name}", Refused(reason));
            }
        }

        foreach (var answer in Enum.GetValues<ExitAnswer>())
        {
            if (Exits(answer) > 0)
            {
                string name = JsonNamingPolicy.SnakeCaseLower.ConvertName(answer.ToString());
                counters.Add($"socks.exit.{name}", Exits(answer));
            }
        }

        return counters;
    }

    internal void CountAccepted() => Interlocked.Increment(ref _accepted);

    internal void CountExit(ExitAnswer answer) => Interlocked.Increment(ref _exits[(int)answer]);

    internal void CountRefused(SocksRefusal reason) => Interlocked.Increment(ref _refused[(int)reason]);
}
