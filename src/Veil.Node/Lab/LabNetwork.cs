using System.Net;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Node.Lab;

/// <summary>
/// A whole network in one process: authorities, relays and stores, each a real node with keys, sockets and files of its
/// own. The demo, tests and simulations differ only in the places that they give to the members.
/// </summary>
public sealed class LabNetwork : IAsyncDisposable
{
    // 8 chunks of keys: what a relay with a few hundred circuits needs, without a claim on the locked memory of the
    // process.
    private const int SlabCapacity = 4096;

    private readonly Func<LabMember, CancellationToken, Task<LabPlace>> _place;
    private readonly List<(VeilNode Node, LabPlace Place)> _members = [];

    private LabNetwork(
        NetworkDefinition definition,
        LabOptions options,
        Func<LabMember, CancellationToken, Task<LabPlace>> place)
    {
        Definition = definition;
        Options = options;
        _place = place;
    }

    /// <summary>The network file's content.</summary>
    public NetworkDefinition Definition { get; }

    /// <summary>Size and pace.</summary>
    public LabOptions Options { get; }

    /// <summary>Authorities first, then relays.</summary>
    public IEnumerable<VeilNode> Nodes => _members.Select(member => member.Node);

    /// <summary>Starts all members and waits until each has a consensus that lists all relays.</summary>
    /// <param name="options">Size and pace.</param>
    /// <param name="place">Gives a member its seams and address.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<LabNetwork> StartAsync(
        LabOptions options,
        Func<LabMember, CancellationToken, Task<LabPlace>> place,
        CancellationToken cancellationToken)
    {
        var prepared = new List<(LabMember Member, LabPlace Place, NodeKeys Keys, KeySlab Slab)>();
        for (int index = 0; index < options.Authorities + options.Relays; index++)
        {
            var member = MemberAt(options, index);
            var at = await place(member, cancellationToken);
            var slab = new KeySlab(SlabCapacity);
            var keys = NodeKeys.Generate(at.Seams.Secrets, slab, member.Roles.HasFlag(NodeRoles.Authority));
            prepared.Add((member, at, keys, slab));
        }

        var definition = new NetworkDefinition(
            "lab",
            true,
            options.EpochSeconds,
            [.. prepared.Take(options.Authorities).Select(entry => new AuthorityDefinition(
                entry.Member.Name,
                entry.Keys.Relay,
                new Bytes32(entry.Keys.LinkKey.PublicKey),
                new NetworkAddress(entry.Place.Address)))],
            (options.Authorities / 2) + 1);
        var network = new LabNetwork(definition, options, place);
        try
        {
            foreach (var entry in prepared)
            {
                var node = network.Make(entry.Member, entry.Place, (entry.Keys, entry.Slab));
                network._members.Add((node, entry.Place));
                await entry.Place.Run(() => node.StartAsync(cancellationToken));
            }

            foreach (var (node, at) in network._members)
            {
                await at.Run(() => node.WaitForNetworkAsync(options.Relays, options.Stores, cancellationToken));
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a client or gateway, which the caller disposes, and waits until it knows the network.</summary>
    public async Task<VeilNode> JoinAsync(LabMember member, CancellationToken cancellationToken)
    {
        var at = await _place(member, cancellationToken);
        var node = Make(member, at, (null, new KeySlab(SlabCapacity)));
        try
        {
            await at.Run(() => node.StartAsync(cancellationToken));
            await at.Run(() => node.WaitForNetworkAsync(Options.Relays, Options.Stores, cancellationToken));
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops all members.</summary>
    public async ValueTask DisposeAsync()
    {
        // Relays before authorities: nobody then waits for an answer that cannot come.
        foreach (var (node, at) in Enumerable.Reverse(_members))
        {
            await at.Run(() => node.DisposeAsync().AsTask());
        }

        _members.Clear();
    }

    private static LabMember MemberAt(LabOptions options, int index)
    {
        int relay = index - options.Authorities;
        if (relay < 0)
        {
            return new LabMember($"authority{index + 1}", NodeRoles.Authority, index);
        }

        bool store = relay >= options.Relays - options.Stores;
        return store
            ? new LabMember($"store{relay - (options.Relays - options.Stores) + 1}",
                NodeRoles.Relay | NodeRoles.Store, index)
            : new LabMember($"relay{relay + 1}", NodeRoles.Relay, index);
    }

    private VeilNode Make(LabMember member, LabPlace place, (NodeKeys? Keys, KeySlab Slab) keys) => new(
        new NodeOptions
        {
            Name = member.Name,
            Network = Definition,
            Roles = member.Roles,
            Listen = keys.Keys is null ? null : place.Address,
            Socks = member.Roles.HasFlag(NodeRoles.Gateway) ? new IPEndPoint(IPAddress.Loopback, 0) : null,
        },
        keys,
        place.Seams);
}
