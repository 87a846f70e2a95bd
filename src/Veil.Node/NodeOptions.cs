using System.Net;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Limits;
using Veil.Content.Keeping;
using Veil.Content.Stores;
using Veil.Gateway;
using Veil.Links;
using Veil.Node.Exits;
using Veil.Node.Names;
using Veil.Node.Stores;
using Veil.Storage.Serving;
using Veil.Storage.Upkeep;
using Veil.Wire.Documents;

namespace Veil.Node;

/// <summary>What one node is.</summary>
public sealed record NodeOptions
{
    /// <summary>For logs and tables.</summary>
    public required string Name { get; init; }

    /// <summary>Which network it belongs to.</summary>
    public required NetworkDefinition Network { get; init; }

    /// <summary>What it does.</summary>
    public required NodeRoles Roles { get; init; }

    /// <summary>Where an authority, relay or store accepts links; port 0 picks one.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The address in the descriptor; null for the one that is listened on.</summary>
    public NetworkAddress? Advertise { get; init; }

    /// <summary>Where a gateway accepts SOCKS: a loopback address; port 0 picks one.</summary>
    public IPEndPoint? Socks { get; init; }

    /// <summary>What a relay claims to carry, KiB/s; the authorities cap it.</summary>
    public uint Weight { get; init; } = 10_240;

    /// <summary>Links.</summary>
    public LinkOptions Links { get; init; } = new();

    /// <summary>Circuits.</summary>
    public CircuitOptions Circuits { get; init; } = new();

    /// <summary>The bounds that change while the node runs; null for those of <see cref="Circuits"/>.</summary>
    public NodeLimits? Limits { get; init; }

    /// <summary>Trunks.</summary>
    public TrunkOptions Trunks { get; init; } = new();

    /// <summary>Requests to stores.</summary>
    public StoreClientOptions Stores { get; init; } = new();

    /// <summary>What a store asks for leases at first.</summary>
    public StampTariff Tariff { get; init; } = new();

    /// <summary>Names; null for what suits the network's pace.</summary>
    public NameOptions? Names { get; init; }

    /// <summary>How content is kept.</summary>
    public KeepingOptions Keeping { get; init; } = new();

    /// <summary>How a store is looked after.</summary>
    public StoreUpkeepOptions Upkeep { get; init; } = new();

    /// <summary>How fast a store hands its blocks over when it leaves.</summary>
    public DrainOptions Drain { get; init; } = new();

    /// <summary>What an exit takes.</summary>
    public ExitOptions Exit { get; init; } = new();

    /// <summary>SOCKS and sites.</summary>
    public GatewayOptions Gateway { get; init; } = new();
}
