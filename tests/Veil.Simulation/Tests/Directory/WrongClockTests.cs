using Veil.Node;
using Veil.Node.Directory;
using Xunit;

namespace Veil.Simulation.Tests.Directory;

/// <summary>A wrong clock is named as such, and makes no storm (spec/directory.md, section 10; spec/limits.md, section
/// 4).</summary>
public sealed class WrongClockTests
{
    private const int MaxAttempts = 60;
    private const int MaxLines = 20;

    private static readonly TimeSpan[] Offsets =
    [
        TimeSpan.FromHours(1), TimeSpan.FromHours(-1),
        TimeSpan.FromDays(1), TimeSpan.FromDays(-1),
        TimeSpan.FromDays(365), TimeSpan.FromDays(-365),
    ];

    [Theory]
    [InlineData(NodeRoles.None)]
    [InlineData(NodeRoles.Relay)]
    [InlineData(NodeRoles.Authority)]
    public void A_wrong_clock_is_named_quietly_and_forgotten_when_it_is_set(NodeRoles roles)
    {
        var world = new DirectoryWorld(seed: 11);
        world.Kernel.RunUntil(async () =>
        {
            await world.StartNetworkAsync(relays: 4);
            foreach (var offset in Offsets)
            {
                var member = roles == NodeRoles.Authority
                    ? world.AuthorityMembers[2]
                    : world.Add($"late {offset}", roles);
                if (roles == NodeRoles.Authority)
                {
                    world.Kill(member);
                    (member.Consensus.Bytes, member.Vote.Bytes) = ([], []);
                }

                member.Attempts.Clear();
                member.Lines.Clear();
                await world.StartAsync(member, offset);
                await world.Wait(TimeSpan.FromMinutes(50));
                AssertNamed(member, offset);
                AssertQuiet(member);

                member.Host!.Host.Time.Offset = TimeSpan.Zero;
                await world.Wait(TimeSpan.FromMinutes(10));
                Assert.Equal(NetworkState.Live, member.Node.Health.State);
                Assert.DoesNotContain(member.Problems, code => code.StartsWith("clock", StringComparison.Ordinal));
                Assert.False(member.Node.Health.ClockOffset?.Duration() > TimeSpan.FromSeconds(1), $"{offset}");
                AssertQuiet(member);
                if (roles != NodeRoles.Authority)
                {
                    world.Kill(member);
                }
            }
        });
    }

    [Fact]
    public void Authorities_that_are_down_are_named_and_the_clock_is_not()
    {
        var world = new DirectoryWorld(seed: 12);
        world.Kernel.RunUntil(async () =>
        {
            var relays = await world.StartNetworkAsync(relays: 4);
            var old = world.Add("old", NodeRoles.None);
            await world.StartAsync(old);
            await world.Wait(TimeSpan.FromMinutes(5));
            Assert.Equal(NetworkState.Live, old.Node.Health.State);
            foreach (var authority in world.AuthorityMembers)
            {
                world.Kill(authority);
            }

            var first = world.Add("first", NodeRoles.None);
            await world.StartAsync(first);
            await world.Wait(TimeSpan.FromHours(6));
            foreach (var member in relays.Append(old).Append(first))
            {
                Assert.Contains("authorities_unreachable", member.Problems);
                Assert.DoesNotContain(member.Problems, code => code.StartsWith("clock", StringComparison.Ordinal));
                AssertQuiet(member);
            }

            Assert.Equal(NetworkState.NoConsensus, first.Node.Health.State);
            Assert.Equal(NetworkState.Expired, old.Node.Health.State);
        });
    }

    private static void AssertNamed(DirectoryMember member, TimeSpan offset)
    {
        var report = member.Node.Health;
        var clock = report.Problems.Count > 0 ? report.Problems[0] : null;
        Assert.True(clock is not null, $"{member.Name}: nothing is wrong");
        Assert.Equal(offset > TimeSpan.Zero ? "clock_ahead" : "clock_behind", clock.Code);
        Assert.Contains("timedatectl set-ntp true", clock.Hint, StringComparison.Ordinal);
        Assert.True((report.ClockOffset!.Value - offset).Duration() < TimeSpan.FromSeconds(1), $"{report.ClockOffset}");
        string unit = offset.Duration().Days == 365 ? "1 y" : offset.Duration().Days == 1 ? "1 d" : "1 h";
        Assert.Contains($"{unit} ", clock.Message, StringComparison.Ordinal);
        Assert.Contains(member.Lines, line => line.Id.Id == 200
            && line.Text.StartsWith(clock.Code, StringComparison.Ordinal));
        if (member.Roles == NodeRoles.Relay && offset.Duration() > TimeSpan.FromHours(1))
        {
            Assert.Contains("descriptor_refused", member.Problems);
        }
    }

    private static void AssertQuiet(DirectoryMember member)
    {
        int attempts = DirectoryMember.MostInTenMinutes([.. member.Attempts.Select(attempt => attempt.At)]);
        int lines = DirectoryMember.MostInTenMinutes([.. member.Lines.Select(line => line.At)]);
        TestContext.Current.TestOutputHelper?.WriteLine($"{member.Name}: {attempts} attempts, {lines} lines");
        Assert.InRange(attempts, 1, MaxAttempts);
        Assert.InRange(lines, 1, MaxLines);
        Assert.DoesNotContain(member.Lines, line => line.Text.Contains("10.0.0.", StringComparison.Ordinal));
        Assert.DoesNotContain(member.Lines, line => line.Id.Id == 1);
    }
}
