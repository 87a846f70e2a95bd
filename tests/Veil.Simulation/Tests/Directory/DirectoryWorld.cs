using System.Net;
using Veil.Node;
using Veil.Noise;
using Veil.Simulation.Kernel;
using Veil.Simulation.Network;
using Veil.Simulation.Scenarios;
using Veil.Wire;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Simulation.Tests.Directory;

/// <summary>Real nodes with epochs of an hour that are started, killed, cut off and started again.</summary>
internal sealed class DirectoryWorld
{
    internal const int EpochSeconds = 3600;
    private const int Authorities = 3;
    private const int LinkPort = 9001;
    private const int SlabCapacity = 4096;

    private readonly List<DirectoryMember> _members = [];

    internal DirectoryWorld(ulong seed)
    {
        Kernel = new SimulationKernel(seed);
        Network = new SimulatedNetwork(Kernel);
        for (int index = 0; index < Authorities; index++)
        {
            Add($"authority{index}", NodeRoles.Authority);
        }

        Definition = new NetworkDefinition(
            "hours",
            true,
            EpochSeconds,
            [.. _members.Select(Define)],
            (Authorities / 2) + 1);
    }

    internal SimulationKernel Kernel { get; }

    internal SimulatedNetwork Network { get; }

    internal NetworkDefinition Definition { get; }

    internal IReadOnlyList<DirectoryMember> AuthorityMembers => _members[..Authorities];

    /// <summary>A member that is not started yet.</summary>
    internal DirectoryMember Add(string name, NodeRoles roles)
    {
        byte[][] keys = [new byte[32], new byte[32], new byte[32]];
        Array.ForEach(keys, key => Kernel.Decisions.Fill(key));
        var member = new DirectoryMember(
            name, roles, IPAddress.Parse(ScenarioWorld.AddressOf(_members.Count)), keys);
        _members.Add(member);
        return member;
    }

    /// <summary>Starts a member as a new process, whose clock is off.</summary>
    internal async Task StartAsync(DirectoryMember member, TimeSpan clockOffset = default)
    {
        var host = Kernel.CreateHost(member.Name, clockOffset);
        var transport = Network.AddHost(host, member.Address);
        var slab = new KeySlab(SlabCapacity);
        bool accepts = member.Roles != NodeRoles.None;
        member.Host = transport;
        member.Node = new VeilNode(
            new NodeOptions
            {
                Name = member.Name,
                Network = Definition,
                Roles = member.Roles,
                Listen = accepts ? new IPEndPoint(member.Address, LinkPort) : null,
            },
            (accepts ? KeysOf(member, slab) : null, slab),
            new NodeSeams
            {
                Time = host.Time,
                Decisions = host.Decisions,
                Secrets = host.Secrets,
                Listeners = transport,
                Connections = new NotingConnections(member, transport, () => Kernel.Elapsed),
                Loggers = new NotingLoggers(member, () => Kernel.Elapsed),
                State = member.State,
                ConsensusCache = member.Consensus,
                VoteCache = member.Roles == NodeRoles.Authority ? member.Vote : null,
            });
        await host.Start("start", () => member.Node.StartAsync(CancellationToken.None));
    }

    /// <summary>As by kill -9.</summary>
    internal void Kill(DirectoryMember member) => Network.Kill(member.Host!);

    internal Task Wait(TimeSpan time) => Task.Delay(time, Kernel.Root.Time);

    /// <summary>Until a part of the epoch that runs, or of the next one.</summary>
    internal Task WaitUntilEpoch(double part)
    {
        double now = Kernel.UtcNow.ToUnixTimeMilliseconds() / 1000.0 % EpochSeconds;
        double wait = (part * EpochSeconds) - now;
        return Wait(TimeSpan.FromSeconds(wait > 0 ? wait : wait + EpochSeconds));
    }

    /// <summary>Three authorities and some relays, once each of them has a consensus with all relays.</summary>
    internal async Task<IReadOnlyList<DirectoryMember>> StartNetworkAsync(int relays)
    {
        foreach (var authority in AuthorityMembers)
        {
            await StartAsync(authority);
        }

        var all = Enumerable.Range(0, relays).Select(index => Add($"relay{index}", NodeRoles.Relay)).ToList();
        foreach (var relay in all)
        {
            await StartAsync(relay);
        }

        // The first one at the end of the epoch in which the authorities met; the relays know it soon after.
        await WaitUntilEpoch(0.3);
        await Wait(TimeSpan.FromSeconds(EpochSeconds));
        Assert.All(all, relay => Assert.Equal(relays, relay.Node.Consensus?.Relays.Count));
        return all;
    }

    /// <summary>Whether an authority's newest consensus carries its own signature: it counted, signed what the others
    /// signed, and did not have to fetch it.</summary>
    internal bool HasSigned(DirectoryMember authority)
    {
        Assert.True(ConsensusLayout.TrySplit(authority.Consensus.Bytes, out var layout));
        int own = Definition.IndexOf(authority.Node.Relay!.Value);
        return Enumerable.Range(0, layout.SignatureCount).Any(at => layout.SignatureAt(at).Authority == own);
    }

    private static NodeKeys KeysOf(DirectoryMember member, KeySlab slab) => NodeKeys.Import(
        member.Keys[0], member.Keys[1], member.Roles == NodeRoles.Authority ? [] : member.Keys[2], slab);

    private static AuthorityDefinition Define(DirectoryMember member)
    {
        using var slab = new KeySlab(SlabCapacity);
        using var keys = KeysOf(member, slab);
        return new AuthorityDefinition(
            member.Name,
            keys.Relay,
            new Bytes32(keys.LinkKey.PublicKey),
            new NetworkAddress(new IPEndPoint(member.Address, LinkPort)));
    }
}
