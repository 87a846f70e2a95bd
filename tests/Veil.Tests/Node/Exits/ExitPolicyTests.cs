using System.Net;
using Veil.Node.Exits;
using Xunit;

namespace Veil.Tests.Node.Exits;

/// <summary>Which targets an exit takes (spec/exit.md, section 3).</summary>
public sealed class ExitPolicyTests
{
    [Theory]
    [InlineData("", "192.0.2.1", 80, false)]
    [InlineData("accept *:80", "192.0.2.1", 80, true)]
    [InlineData("accept *:80", "192.0.2.1", 81, false)]
    [InlineData("accept *:80", "2001:db8::1", 80, true)]
    [InlineData("reject 192.0.2.0/24:*, accept *:*", "192.0.2.200", 443, false)]
    [InlineData("reject 192.0.2.0/24:*, accept *:*", "192.0.3.1", 443, true)]
    [InlineData("accept *:*, reject *:25", "192.0.2.1", 25, true)]
    [InlineData("accept [2001:db8::]/32:8000-8080", "2001:db8:5::1", 8080, true)]
    [InlineData("accept [2001:db8::]/32:8000-8080", "2001:db8:5::1", 8081, false)]
    [InlineData("accept [2001:db8::]/32:8000-8080", "192.0.2.1", 8000, false)]
    [InlineData("accept 192.0.2.1:22", "192.0.2.1", 22, true)]
    [InlineData("accept 192.0.2.1:22", "192.0.2.2", 22, false)]
    public void The_first_rule_that_fits_decides(string rules, string address, int port, bool taken)
    {
        Assert.True(ExitPolicy.TryParse(rules, out var policy, out _));

        Assert.Equal(taken, policy.Takes(IPAddress.Parse(address), (ushort)port));
        Assert.True(!taken || policy.MayTake((ushort)port));
    }

    [Theory]
    [InlineData("accept")]
    [InlineData("accept *")]
    [InlineData("allow *:80")]
    [InlineData("accept *:0")]
    [InlineData("accept *:90-80")]
    [InlineData("accept *:65536")]
    [InlineData("accept *:-80")]
    [InlineData("accept 192.0.2.1/24:80")]
    [InlineData("accept 192.0.2.0/33:80")]
    [InlineData("accept 2001:db8::1:80")]
    [InlineData("accept example.com:80")]
    [InlineData("accept *:80 reject *:*")]
    public void What_is_no_rule_is_named(string rules)
    {
        Assert.False(ExitPolicy.TryParse("accept *:1, " + rules, out _, out var error));
        Assert.Contains(rules, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_is_open_when_it_accepts_anything()
    {
        Assert.False(ExitPolicy.Empty.IsOpen);
        Assert.True(ExitPolicy.TryParse("reject *:*", out var closed, out _));
        Assert.False(closed.IsOpen);
        Assert.True(ExitPolicy.TryParse("reject *:25, accept *:*", out var open, out _));
        Assert.True(open.IsOpen);
        Assert.False(ExitPolicy.TryParse(
            string.Join(',', Enumerable.Repeat("accept *:1", ExitPolicy.MaxRules + 1)), out _, out _));
    }
}
