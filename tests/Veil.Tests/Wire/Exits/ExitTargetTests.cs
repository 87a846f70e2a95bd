using System.Buffers;
using System.Net;
using CsCheck;
using Veil.Wire.Exits;
using Xunit;

namespace Veil.Tests.Wire.Exits;

/// <summary>Requests to exits (spec/exit.md, section 2).</summary>
public sealed class ExitTargetTests
{
    private static readonly ExitTarget[] _targets =
    [
        ExitTarget.Of("example.com", 443),
        ExitTarget.Of($"{new string('a', 63)}.{new string('b', 63)}.{new string('c', 63)}.{new string('d', 61)}", 1),
        ExitTarget.Of(IPAddress.Parse("192.0.2.7"), 65535),
        ExitTarget.Of(IPAddress.Parse("2001:db8::7"), 22),
    ];

    [Fact]
    public void A_request_comes_back_the_same_however_it_is_cut_and_what_follows_is_left()
    {
        foreach (var target in _targets)
        {
            var bytes = new byte[ExitTarget.MaxBytes + 3];
            int length = target.Write(bytes);
            for (int have = 0; have < length; have++)
            {
                Assert.Equal(ExitRequestStatus.Incomplete, Read(bytes.AsMemory(0, have), out _, out _));
            }

            Assert.Equal(ExitRequestStatus.Whole, Read(bytes.AsMemory(0, length + 3), out var read, out var left));
            Assert.Equal((target.Name, target.Address, target.Port), (read!.Name, read.Address, read.Port));
            Assert.Equal(3, left);
        }
    }

    [Theory]
    [InlineData("00")]
    [InlineData("0100")]
    [InlineData("01fe")]
    [InlineData("0403")]
    [InlineData("0604")]
    [InlineData("0101610000")]
    [InlineData("0403c00002010050")]
    [InlineData("01064578616d706c0050")]
    [InlineData("0109312e322e332e3435360050")]
    [InlineData("010361206201bb")]
    [InlineData("0102612e01bb")]
    public void What_is_no_request_is_malformed(string hex) =>
        Assert.Equal(ExitRequestStatus.Malformed, Read(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void Any_bytes_are_whole_incomplete_or_malformed() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        var status = Read(bytes, out var target, out var left);
        Assert.Equal(status == ExitRequestStatus.Whole, target is not null);
        Assert.True(status == ExitRequestStatus.Whole || left == bytes.Length);
        Assert.True(status != ExitRequestStatus.Incomplete || bytes.Length < ExitTarget.MaxBytes);
    });

    [Fact]
    public void A_capital_letter_port_0_and_a_scope_are_misuse()
    {
        Assert.Throws<ArgumentException>(() => ExitTarget.Of("Example.com", 80));
        Assert.Throws<ArgumentException>(() => ExitTarget.Of("example.com", 0));
        Assert.Throws<ArgumentException>(() => ExitTarget.Of("127.1", 80));
        Assert.Throws<ArgumentException>(() => ExitTarget.Of(IPAddress.Parse("fe80::1%2"), 80));
        Assert.Equal("192.0.2.1", ExitTarget.Of(IPAddress.Parse("::ffff:192.0.2.1"), 80).Address!.ToString());
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("router", true)]
    [InlineData("a.local", true)]
    [InlineData("abc.onion", true)]
    [InlineData("abc.veil", true)]
    [InlineData("veil.example", false)]
    [InlineData("example.com", false)]
    public void Names_of_other_networks_are_special(string name, bool special) =>
        Assert.Equal(special, HostName.IsSpecial(name));

    private static ExitRequestStatus Read(ReadOnlyMemory<byte> bytes, out ExitTarget? target, out long left)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var status = ExitTarget.TryRead(ref buffer, out target);
        left = buffer.Length;
        return status;
    }
}
