using Veil.Node;
using Veil.Node.Directory;
using Xunit;

namespace Veil.Simulation.Tests.Directory;

/// <summary>What is remembered from one process to the next (spec/state.md; spec/directory.md, sections 7 and
/// 9).</summary>
public sealed class RestartTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(6)]
    [InlineData(20)]
    public void A_client_comes_back_to_its_guards_and_shows_itself_to_nobody_else(double epochs)
    {
        var world = new DirectoryWorld(seed: 21);
        world.Kernel.RunUntil(async () =>
        {
            await world.StartNetworkAsync(relays: 5);
            var client = world.Add("client", NodeRoles.None);
            await world.StartAsync(client);
            await world.Wait(TimeSpan.FromMinutes(1));
            var guards = await client.State.ListGuardsAsync(default);
            Assert.Equal(2, guards.Count);
            Assert.Equal(4, (await client.State.ListVanguardsAsync(default)).Count);
            var before = client.Consensus.Bytes;
            Assert.NotEmpty(before);

            world.Kill(client);
            client.Attempts.Clear();
            await world.Wait(TimeSpan.FromSeconds(epochs * DirectoryWorld.EpochSeconds));
            await world.StartAsync(client);
            await world.Wait(TimeSpan.FromMinutes(1));

            Assert.Equal(NetworkState.Live, client.Node.Health.State);
            Assert.Equal(guards.Select(guard => guard.Relay), client.Node.Health.Relays == 0
                ? []
                : (await client.State.ListGuardsAsync(default)).Select(guard => guard.Relay));
            var asked = client.Attempts.Select(attempt => attempt.To).Distinct().ToList();
            var places = guards.Select(guard => client.Node.Consensus!.TryGet(guard.Relay, out var entry)
                ? entry.Address.ToEndPoint().Address
                : null);
            Assert.NotEmpty(asked);
            Assert.All(asked, address => Assert.Contains(address, places));
            Assert.Equal(epochs < 1, before.AsSpan().SequenceEqual(client.Consensus.Bytes));
        });
    }

    [Fact]
    public void A_damaged_list_is_ignored_with_a_line_and_replaced()
    {
        var world = new DirectoryWorld(seed: 22);
        world.Kernel.RunUntil(async () =>
        {
            await world.StartNetworkAsync(relays: 4);
            var client = world.Add("client", NodeRoles.None);
            await world.StartAsync(client);
            await world.Wait(TimeSpan.FromMinutes(1));
            world.Kill(client);
            var intact = client.Consensus.Bytes.ToArray();
            client.Consensus.Bytes[^9] ^= 1;

            await world.StartAsync(client);
            await world.Wait(TimeSpan.FromMinutes(1));

            Assert.Contains(client.Lines, line => line.Id.Id == 204);
            Assert.Equal(NetworkState.Live, client.Node.Health.State);
            Assert.Equal(intact.Length, client.Consensus.Bytes.Length);
        });
    }

    [Theory]
    [InlineData(0.52)]
    [InlineData(0.6)]
    [InlineData(0.72)]
    public void An_authority_that_dies_within_a_round_never_votes_twice_and_has_the_next_list_in_time(double part)
    {
        var world = new DirectoryWorld(seed: 23);
        world.Kernel.RunUntil(async () =>
        {
            await world.StartNetworkAsync(relays: 4);
            var victim = world.AuthorityMembers[1];
            await world.WaitUntilEpoch(part);
            var vote = victim.Vote.Bytes;
            world.Kill(victim);
            await world.Wait(TimeSpan.FromSeconds(20));
            await world.StartAsync(victim);
            await world.WaitUntilEpoch(0.01);

            ulong epoch = world.Definition.EpochAt(world.Kernel.UtcNow);
            Assert.Equal(vote, victim.Vote.Bytes);
            Assert.All(world.AuthorityMembers, authority => Assert.Equal(epoch, authority.Node.Consensus!.Epoch));
            Assert.All(world.AuthorityMembers, authority => Assert.DoesNotContain("vote_refused", authority.Problems));
            if (part < 0.7)
            {
                // It got the others' votes again, and signed what they signed.
                Assert.All(world.AuthorityMembers, one => Assert.True(world.HasSigned(one), one.Name));
            }

            // And the relays are still listed after the next round: their descriptors were in its vote.
            await world.WaitUntilEpoch(0.95);
            Assert.All(world.AuthorityMembers, one => Assert.Equal(4, one.Node.Consensus!.Relays.Count));
        });
    }

    [Fact]
    public void An_authority_whose_vote_cannot_be_read_leaves_a_round_out()
    {
        var world = new DirectoryWorld(seed: 24);
        world.Kernel.RunUntil(async () =>
        {
            await world.StartNetworkAsync(relays: 4);
            var victim = world.AuthorityMembers[1];
            await world.WaitUntilEpoch(0.6);
            world.Kill(victim);
            victim.Vote.Bytes[200] ^= 1;
            var damaged = victim.Vote.Bytes.ToArray();
            await world.StartAsync(victim);
            await world.WaitUntilEpoch(0.01);

            Assert.Contains(victim.Lines, line => line.Id.Id == 206);
            Assert.Equal(damaged, victim.Vote.Bytes);
            Assert.All(world.AuthorityMembers, one => Assert.Equal(
                world.Definition.EpochAt(world.Kernel.UtcNow), one.Node.Consensus!.Epoch));

            await world.WaitUntilEpoch(0.6);
            Assert.NotEqual(damaged, victim.Vote.Bytes);
        });
    }

    [Fact]
    public void Votes_that_were_held_up_arrive_before_the_count()
    {
        var world = new DirectoryWorld(seed: 25);
        world.Kernel.RunUntil(async () =>
        {
            await world.StartNetworkAsync(relays: 4);
            var (one, other) = (world.AuthorityMembers[0], world.AuthorityMembers[1]);
            await world.WaitUntilEpoch(0.45);
            world.Network.Partition(one.Host!, other.Host!);
            await world.WaitUntilEpoch(0.56);
            world.Network.Heal(one.Host!, other.Host!);
            await world.WaitUntilEpoch(0.01);

            ulong epoch = world.Definition.EpochAt(world.Kernel.UtcNow);
            Assert.All(world.AuthorityMembers, authority => Assert.Equal(epoch, authority.Node.Consensus!.Epoch));
            Assert.All(world.AuthorityMembers, authority => Assert.True(world.HasSigned(authority), authority.Name));
        });
    }
}
