using System.Text;
using CsCheck;
using Veil.Gateway.Socks;
using Xunit;

namespace Veil.Tests.Gateway.Socks;

/// <summary>The SOCKS5 machine against the tables of spec/gateway.md, section 1.</summary>
public sealed class SocksHandshakeTests
{
    private const string GreetingWithout = "050100";
    private const string GreetingWith = "05020002";
    private const string Granted = "05000001000000000000";

    // CONNECT abc.veil:80 and what may vary.
    private static readonly string ConnectSite = ConnectTo("abc.veil", 80);

    public static TheoryData<string, string, SocksRefusal> Refusals => new()
    {
        { "04010050000000016100", "005b000000000000", SocksRefusal.Socks4 },
        { "06", "", SocksRefusal.Malformed },
        { "00", "", SocksRefusal.Malformed },
        { "16030100", "", SocksRefusal.Malformed },
        { "0500", "05ff", SocksRefusal.NoMethod },
        { "050101", "05ff", SocksRefusal.NoMethod },
        { "0503010380", "05ff", SocksRefusal.NoMethod },
        { GreetingWith + "05", "05020101", SocksRefusal.Malformed },
        { GreetingWithout + "04", "0500" + Refused(1), SocksRefusal.Malformed },
        { GreetingWithout + "050101", "0500" + Refused(1), SocksRefusal.Malformed },
        { GreetingWithout + "050200", "0500" + Refused(7), SocksRefusal.Command },
        { GreetingWithout + "050300", "0500" + Refused(7), SocksRefusal.Command },
        { GreetingWithout + "05f000", "0500" + Refused(7), SocksRefusal.Command },
        { GreetingWithout + "05010002", "0500" + Refused(8), SocksRefusal.AddressType },
        { GreetingWithout + "050100017f0000010050", "0500" + Refused(8), SocksRefusal.AddressType },
        {
            GreetingWithout + "05010004000000000000000000000000000000010050",
            "0500" + Refused(8),
            SocksRefusal.AddressType
        },
        { GreetingWithout + "0501000300", "0500" + Refused(1), SocksRefusal.Malformed },
        { GreetingWithout + ConnectTo("127.0.0.1", 80), "0500" + Refused(2), SocksRefusal.AddressLiteral },
        { GreetingWithout + ConnectTo("[::1]", 80), "0500" + Refused(2), SocksRefusal.AddressLiteral },
        { GreetingWithout + ConnectTo("example.com", 80), "0500" + Refused(2), SocksRefusal.ForeignName },
        { GreetingWithout + ConnectTo("abc.onion", 80), "0500" + Refused(2), SocksRefusal.ForeignName },
        { GreetingWithout + ConnectTo("abc.veil", 443), "0500" + Refused(5), SocksRefusal.Port },
        { GreetingWithout + ConnectTo("a b.veil", 80), "0500" + Refused(1), SocksRefusal.Malformed },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_is_not_allowed_is_refused_with_its_reply(string input, string replies, SocksRefusal refusal)
    {
        var whole = Run(Convert.FromHexString(input), cuts: []);
        Assert.Equal((SocksStatus.Refused, refusal, replies), (whole.Status, whole.Refusal, whole.Replies));
        Assert.Null(whole.Request);
        Assert.Equal(whole, Run(Convert.FromHexString(input), EveryByte(input.Length / 2)));
    }

    [Fact]
    public void A_site_is_granted_and_what_follows_is_not_touched()
    {
        var handshake = Convert.FromHexString(GreetingWithout + ConnectSite);
        byte[] input = [.. handshake, .. "GET / HTTP/1.1\r\n"u8];
        var outcome = Run(input, cuts: []);
        Assert.Equal((SocksStatus.Granted, "0500" + Granted), (outcome.Status, outcome.Replies));
        Assert.Equal(handshake.Length, outcome.Consumed);
        Assert.Equal("abc.veil", outcome.Request!.HostName);
        Assert.Equal(SocksIsolation.WithoutCredential, outcome.Request.Group);
    }

    [Fact]
    public void A_credential_is_preferred_and_names_the_group()
    {
        var one = Run(Convert.FromHexString(GreetingWith + "0101610162" + ConnectSite), cuts: []);
        var other = Run(Convert.FromHexString(GreetingWith + "010161026262" + ConnectSite), cuts: []);
        Assert.Equal("05020100" + Granted, one.Replies);
        Assert.Equal("socks:61:62", one.Request!.Group.Name);
        Assert.NotEqual(one.Request.Group, other.Request!.Group);
    }

    [Fact]
    public void An_empty_credential_is_none()
    {
        var outcome = Run(Convert.FromHexString(GreetingWith + "010000" + ConnectSite), cuts: []);
        Assert.Equal(SocksIsolation.WithoutCredential, outcome.Request!.Group);
    }

    [Fact]
    public void User_and_password_that_join_to_the_same_text_are_different_groups()
    {
        var one = SocksIsolation.Of("ab"u8, "c"u8);
        var other = SocksIsolation.Of("a"u8, "bc"u8);
        Assert.NotEqual(one, other);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\n\r\n")]
    [InlineData("POST")]
    public void A_request_in_HTTP_gets_a_page_that_helps(string input)
    {
        var outcome = Run(Encoding.ASCII.GetBytes(input), cuts: []);
        var page = Encoding.ASCII.GetString(Convert.FromHexString(outcome.Replies));
        Assert.Equal(SocksRefusal.HttpRequest, outcome.Refusal);
        Assert.StartsWith("HTTP/1.1 400 ", page, StringComparison.Ordinal);
        var parts = page.Split("\r\n\r\n", 2);
        Assert.Contains($"Content-Length: {parts[1].Length}\r\n", parts[0], StringComparison.Ordinal);
        Assert.Contains("SOCKS5", parts[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_messages_fit()
    {
        var methods = "05FF" + string.Concat(Enumerable.Repeat("02", 255));
        var credential = "01FF" + new string('7', 510) + "FF" + new string('8', 510);
        var name = string.Join('.', Enumerable.Repeat(new string('x', 49), 5))[..^1] + ".veil";
        var outcome = Run(Convert.FromHexString(methods + credential + ConnectTo(name[^253..], 80)), cuts: []);
        Assert.Equal(SocksRefusal.None, outcome.Refusal);
        Assert.Equal(SocksStatus.Granted, outcome.Status);
    }

    [Fact]
    public void How_any_bytes_are_cut_changes_nothing()
    {
        var likely = Gen.Int[0, 8].Select(index => new byte[] { 0, 1, 2, 3, 4, 5, 16, 80, 255 }[index]);
        var free = Gen.OneOf(likely, Gen.Byte).Array[0, 600];
        var valid = Gen.Bool.Select(hasCredential =>
            Convert.FromHexString((hasCredential ? GreetingWith + "0101610162" : GreetingWithout) + ConnectSite));
        var damaged = Gen.Select(valid, Gen.Int[0, 30], Gen.Byte, (bytes, at, value) =>
        {
            bytes[at % bytes.Length] = value;
            return bytes;
        });
        Gen.Select(Gen.OneOf(free, damaged), Gen.Int[1, 40].Array[0, 200]).Sample(
            (bytes, cuts) =>
            {
                var whole = Run(bytes, cuts: []);
                Assert.Equal(whole, Run(bytes, cuts));
                Assert.Equal(whole.Status == SocksStatus.Refused, whole.Refusal != SocksRefusal.None);
                Assert.Equal(whole.Status == SocksStatus.Granted, whole.Request is not null);
                Assert.True(whole.Status != SocksStatus.Reading || whole.Consumed == bytes.Length);
            },
            iter: 5_000);
    }

    [Theory]
    [InlineData("01c00002070050", "192.0.2.7:80")]
    [InlineData("0420010db800000000000000000000000701bb", "[2001:db8::7]:443")]
    public void With_exits_an_address_is_granted_without_an_answer(string address, string expected)
    {
        var outcome = Run(Convert.FromHexString($"{GreetingWithout}050100{address}"), [], hasExits: true);

        Assert.Equal((SocksStatus.Granted, "0500"), (outcome.Status, outcome.Replies));
        var exit = outcome.Request!.Exit!;
        Assert.Equal(expected, new System.Net.IPEndPoint(exit.Address!, exit.Port).ToString());
    }

    [Theory]
    [InlineData("Example.COM", 443, SocksRefusal.None)]
    [InlineData("127.0.0.1", 80, SocksRefusal.None)]
    [InlineData("example.com", 0, SocksRefusal.Port)]
    [InlineData("1.2.3", 80, SocksRefusal.AddressLiteral)]
    [InlineData("abc.onion", 80, SocksRefusal.ForeignName)]
    [InlineData("localhost", 80, SocksRefusal.ForeignName)]
    [InlineData("abc.veil", 443, SocksRefusal.Port)]
    [InlineData("a b.example", 80, SocksRefusal.Malformed)]
    public void With_exits_names_go_there_unless_another_network_answers_them(
        string name, int port, SocksRefusal expected)
    {
        var input = Convert.FromHexString(GreetingWithout + ConnectTo(name, (ushort)port));
        var outcome = Run(input, [], hasExits: true);

        Assert.Equal(expected, outcome.Refusal);
        Assert.Equal(expected == SocksRefusal.None, outcome.Request?.Exit is not null);
        Assert.True(outcome.Request?.Exit?.Name is not { } asked || asked == "example.com");
    }

    [Fact]
    public void With_exits_a_site_is_granted_at_once_as_ever()
    {
        var outcome = Run(Convert.FromHexString(GreetingWithout + ConnectSite), [], hasExits: true);

        Assert.Equal((SocksStatus.Granted, "0500" + Granted), (outcome.Status, outcome.Replies));
        Assert.Equal(("abc.veil", null), (outcome.Request!.HostName, outcome.Request.Exit));
    }

    private static Outcome Run(ReadOnlySpan<byte> input, int[] cuts, bool hasExits = false)
    {
        var handshake = new SocksHandshake(hasExits);
        var replies = new StringBuilder();
        var consumed = 0;
        foreach (var cut in cuts.Append(input.Length))
        {
            var piece = input.Slice(consumed, Math.Min(cut, input.Length - consumed));
            consumed += handshake.Receive(piece);
            replies.Append(Convert.ToHexStringLower(handshake.Replies.Span));
            handshake.ClearReplies();
        }

        return new Outcome(handshake.Status, handshake.Refusal, handshake.Request, replies.ToString(), consumed);
    }

    private static int[] EveryByte(int count) => [.. Enumerable.Repeat(1, count)];

    private static string ConnectTo(string name, ushort port) =>
        $"05010003{name.Length:x2}{Convert.ToHexStringLower(Encoding.ASCII.GetBytes(name))}{port:x4}";

    private static string Refused(int code) => $"05{code:x2}0001000000000000";

    private sealed record Outcome(
        SocksStatus Status,
        SocksRefusal Refusal,
        SocksRequest? Request,
        string Replies,
        int Consumed);
}
