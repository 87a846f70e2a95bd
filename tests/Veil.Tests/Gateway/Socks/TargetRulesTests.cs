using System.Text;
using Veil.Gateway.Socks;
using Xunit;

namespace Veil.Tests.Gateway.Socks;

/// <summary>What may be asked of the proxy: spec/gateway.md, section 1.3.</summary>
public sealed class TargetRulesTests
{
    [Theory]
    [InlineData("open.veil", "open.veil")]
    [InlineData("OPEN.Veil", "open.veil")]
    [InlineData("a.b.veil", "a.b.veil")]
    [InlineData("abcdefghijklmnopqrstuvwxyz234567.veil", "abcdefghijklmnopqrstuvwxyz234567.veil")]
    public void Names_under_veil_are_served_in_lower_case(string name, string hostName)
    {
        Assert.Equal(SocksRefusal.None, TargetRules.Check(Encoding.ASCII.GetBytes(name), 80, out var found));
        Assert.Equal(hostName, found);
    }

    [Theory]
    [InlineData("127.0.0.1", SocksRefusal.AddressLiteral)]
    [InlineData("8.8.8.8", SocksRefusal.AddressLiteral)]
    [InlineData("1.2.3", SocksRefusal.AddressLiteral)]
    [InlineData("2130706433", SocksRefusal.AddressLiteral)]
    [InlineData("0x7f000001", SocksRefusal.AddressLiteral)]
    [InlineData("a.0x7f", SocksRefusal.AddressLiteral)]
    [InlineData("999.999.999.999", SocksRefusal.AddressLiteral)]
    [InlineData("::1", SocksRefusal.AddressLiteral)]
    [InlineData("[2001:db8::1]", SocksRefusal.AddressLiteral)]
    [InlineData("fe80::1%eth0", SocksRefusal.AddressLiteral)]
    [InlineData("localhost", SocksRefusal.ForeignName)]
    [InlineData("example.com", SocksRefusal.ForeignName)]
    [InlineData("example.onion", SocksRefusal.ForeignName)]
    [InlineData("veil", SocksRefusal.ForeignName)]
    [InlineData("notveil", SocksRefusal.ForeignName)]
    [InlineData("open.veil.example.com", SocksRefusal.ForeignName)]
    [InlineData("open.veil.", SocksRefusal.Malformed)]
    [InlineData(".veil", SocksRefusal.Malformed)]
    [InlineData("a..veil", SocksRefusal.Malformed)]
    [InlineData("open.veil\0.example.com", SocksRefusal.Malformed)]
    [InlineData("open.veil:80", SocksRefusal.Malformed)]
    [InlineData("user@open.veil", SocksRefusal.Malformed)]
    [InlineData("öpen.veil", SocksRefusal.Malformed)]
    public void Everything_else_is_refused_with_its_reason(string name, SocksRefusal refusal)
    {
        Assert.Equal(refusal, TargetRules.Check(Encoding.UTF8.GetBytes(name), 80, out var found));
        Assert.Empty(found);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(22)]
    [InlineData(443)]
    [InlineData(8080)]
    public void Sites_answer_on_port_80_only(ushort port) =>
        Assert.Equal(SocksRefusal.Port, TargetRules.Check("open.veil"u8, port, out _));

    [Fact]
    public void Names_and_labels_have_a_longest_length()
    {
        var label = new string('a', 63);
        var name = $"{label}.{label}.{label}.{new string('b', 56)}.veil";
        Assert.Equal(SocksRefusal.None, TargetRules.Check(Encoding.ASCII.GetBytes(name), 80, out _));
        Assert.Equal(SocksRefusal.Malformed, TargetRules.Check(Encoding.ASCII.GetBytes("b" + name), 80, out _));
        Assert.Equal(SocksRefusal.Malformed, TargetRules.Check(Encoding.ASCII.GetBytes($"a{label}.veil"), 80, out _));
    }
}
