using System.Net;
using Microsoft.Extensions.Logging;
using Veil.Circuits.Limits;
using Veil.Content.Keeping;
using Veil.Node.Exits;
using Veil.Node.Stores;
using Veil.Storage.Serving;
using Veil.Storage.Upkeep;
using Veil.Wire.Documents;

namespace Veil.Node.Configuration;

/// <summary>Settings that were read and found right (spec/operating.md, section 2).</summary>
public sealed record NodeConfiguration
{
    /// <summary>A name for this machine's tables.</summary>
    public required string Name { get; init; }

    /// <summary>What the node does; a store is a relay, too.</summary>
    public NodeRoles Roles { get; init; }

    /// <summary>The network.</summary>
    public required NetworkDefinition Network { get; init; }

    /// <summary>Where links are accepted.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The address in the descriptor, or null for the one that is listened on.</summary>
    public NetworkAddress? Advertise { get; init; }

    /// <summary>Local address of outgoing links, or null.</summary>
    public IPAddress? From { get; init; }

    /// <summary>KiB/s.</summary>
    public uint Weight { get; init; }

    /// <summary>The SOCKS port.</summary>
    public required IPEndPoint Socks { get; init; }

    /// <summary>Bytes of a store.</summary>
    public long Quota { get; init; }

    /// <summary>What a store asks for leases.</summary>
    public StampTariff Tariff { get; init; } = new();

    /// <summary>The most that is paid for leases, in hashes for a block and day.</summary>
    public uint MaxPrice { get; init; }

    /// <summary>Per cent of live blocks below which a store's segment is compacted.</summary>
    public int CompactBelow { get; init; }

    /// <summary>How a store is looked after.</summary>
    public StoreUpkeepOptions Upkeep { get; init; } = new();

    /// <summary>How fast a store hands its blocks over when it leaves.</summary>
    public DrainOptions Drain { get; init; } = new();

    /// <summary>File of hashes of what the node does not carry; the usual one need not exist.</summary>
    public required string Denylist { get; init; }

    /// <summary>What an exit takes.</summary>
    public ExitOptions Exit { get; init; } = new();

    /// <summary>How content is kept.</summary>
    public KeepingOptions Keeping { get; init; } = new();

    /// <summary>What strangers may use up.</summary>
    public required NodeBounds Bounds { get; init; }

    /// <summary>Prometheus endpoint, or null.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>The least severe level that is logged.</summary>
    public LogLevel LogLevel { get; init; }

    /// <summary>Whether node.log is written.</summary>
    public bool LogFile { get; init; }

    /// <summary>File of what the node saw, in a lab network, or null.</summary>
    public string? Record { get; init; }

    /// <summary>How far the node's clock is put forward, in a lab network.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>Whether it accepts links.</summary>
    public bool AcceptsLinks => (Roles & (NodeRoles.Authority | NodeRoles.Relay | NodeRoles.Store)) != 0;
}

/// <summary>What strangers may use up; all of it changes while the node runs.</summary>
/// <param name="Rate">Bytes per second each way, 0 for no limit.</param>
/// <param name="Burst">Bytes at once after silence.</param>
/// <param name="Volume">Bytes a month, 0 for no limit.</param>
/// <param name="Circuits">Circuits of others.</param>
/// <param name="Links">Links of others.</param>
/// <param name="LinksPerAddress">Links from one address.</param>
/// <param name="Memory">Bytes of cells.</param>
/// <param name="Drain">What circuits are given when the node stops.</param>
public sealed record NodeBounds(
    long Rate,
    long Burst,
    long Volume,
    int Circuits,
    int Links,
    int LinksPerAddress,
    long Memory,
    TimeSpan Drain)
{
    /// <summary>As the circuits take them.</summary>
    internal NodeLimitValues ToLimits() => new()
    {
        MaxCircuits = Circuits,
        MaxLinks = Links,
        MaxLinksPerAddress = LinksPerAddress,
        MemoryBytes = Memory,
        BytesPerSecond = Rate,
        BurstBytes = Burst,
    };
}
