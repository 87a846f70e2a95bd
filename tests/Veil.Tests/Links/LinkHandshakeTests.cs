using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Links;
using Veil.Links.Handshake;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Links;

/// <summary>The handshake of links (spec/record.md, section 1), between two honest sides and against others.</summary>
public sealed class LinkHandshakeTests : IDisposable
{
    private static readonly NetworkId Network = new(new Bytes32(new byte[32]));

    private readonly KeySlab _slab = new();
    private readonly SystemSecretSource _secrets = new();
    private readonly ManualTime _time = new();
    private readonly LinkIdentity _relay;
    private readonly LinkIdentity _other;

    public LinkHandshakeTests()
    {
        _relay = Identity(1);
        _other = Identity(2);
    }

    private LinkTarget Target => new(_relay.Relay, new Bytes32(_relay.Key.PublicKey));

    [Fact]
    public async Task A_client_and_a_relay_agree()
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        using var link = await Handshake().InitiateAsync(near, Target, null, Token);
        using var accepted = await accepting;

        Assert.Equal((_relay.Relay, true), (link.Peer.Relay, link.Peer.IsInitiator));
        Assert.Equal((null, false), (accepted.Peer.Relay, accepted.Peer.IsInitiator));
    }

    [Fact]
    public async Task A_listed_relay_proves_who_it_is()
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, KeyOf, Token);
        using var link = await Handshake().InitiateAsync(near, Target, _other, Token);
        using var accepted = await accepting;

        Assert.Equal(_other.Relay, accepted.Peer.Relay);
    }

    [Fact]
    public async Task A_relay_that_is_not_listed_is_refused()
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        using var link = await Handshake().InitiateAsync(near, Target, _other, Token);

        Assert.Equal(CloseReason.UnknownRelay, await RefusalAsync(accepting));
        Assert.True((await near.Transport.Input.ReadAsync(Token)).IsCompleted);
    }

    [Fact]
    public async Task A_relay_under_another_relays_name_is_refused()
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, KeyOf, Token);
        using var key = StaticKeyPair.Generate(_secrets, _slab);
        using var link = await Handshake().InitiateAsync(near, Target, new LinkIdentity(_other.Relay, key), Token);

        Assert.Equal(CloseReason.UnknownRelay, await RefusalAsync(accepting));
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("key")]
    [InlineData("network")]
    public async Task Another_relay_key_or_network_than_meant_is_refused_by_the_responder(string what)
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        var target = what switch
        {
            "identity" => Target with { Relay = _other.Relay },
            "key" => Target with { LinkKey = new Bytes32(_other.Key.PublicKey) },
            _ => Target,
        };
        var network = what == "network" ? new NetworkId(new Bytes32([.. Enumerable.Repeat((byte)1, 32)])) : Network;

        var initiating = Handshake(network).InitiateAsync(near, target, null, Token);

        Assert.Equal(CloseReason.HandshakeFailed, await RefusalAsync(accepting));
        Assert.Equal(CloseReason.HandshakeFailed, await RefusalAsync(initiating));
    }

    [Fact]
    public async Task A_link_key_of_small_order_is_refused_before_anything_is_sent()
    {
        var (near, far) = await PairAsync();
        var initiating = Handshake().InitiateAsync(near, Target with { LinkKey = default }, null, Token);

        Assert.Equal(CloseReason.HandshakeFailed, await RefusalAsync(initiating));
        var result = await far.Transport.Input.ReadAsync(Token);
        Assert.True(result is { IsCompleted: true, Buffer.IsEmpty: true });
    }

    [Theory]
    [InlineData("VX0101")]
    [InlineData("GET ")]
    [InlineData("VL2C")]
    [InlineData("VL1R")]
    public async Task Another_preface_is_refused_without_an_answer(string preface)
    {
        var bytes = preface switch
        {
            "VL2C" => "VL\u0002\u0001"u8.ToArray(),
            "VL1R" => "VL\u0001\u0003"u8.ToArray(),
            _ => System.Text.Encoding.ASCII.GetBytes(preface),
        };
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        await near.Transport.Output.WriteAsync(bytes, Token);

        Assert.Equal(CloseReason.HandshakeFailed, await RefusalAsync(accepting));
        var result = await near.Transport.Input.ReadAsync(Token);
        Assert.True(result is { IsCompleted: true, Buffer.IsEmpty: true });
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(1279)]
    [InlineData(0)]
    [InlineData(65535)]
    public async Task A_first_message_of_noise_or_of_another_length_is_refused(int length)
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        var bytes = new byte[6 + 1280];
        _secrets.Fill(bytes);
        new byte[] { (byte)'V', (byte)'L', 1, 1, (byte)(length >> 8), (byte)(length & 255) }.CopyTo(bytes, 0);
        await near.Transport.Output.WriteAsync(bytes, Token);

        Assert.Equal(CloseReason.HandshakeFailed, await RefusalAsync(accepting));
    }

    [Fact]
    public async Task An_answer_of_noise_is_refused()
    {
        var (near, far) = await PairAsync();
        var initiating = Handshake().InitiateAsync(near, Target, null, Token);
        var bytes = new byte[2 + 1184];
        _secrets.Fill(bytes);
        (bytes[0], bytes[1]) = (1184 >> 8, 1184 & 255);
        await far.Transport.Output.WriteAsync(bytes, Token);

        Assert.Equal(CloseReason.HandshakeFailed, await RefusalAsync(initiating));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(700)]
    public async Task Half_a_handshake_and_then_silence_takes_ten_seconds_and_no_more(int bytes)
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        var some = new byte[bytes];
        "VL\u0001\u0001\u0005\u0000"u8[..Math.Min(bytes, 6)].CopyTo(some);
        await near.Transport.Output.WriteAsync(some, Token);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(accepting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(CloseReason.HandshakeTimeout, await RefusalAsync(accepting));
        Assert.True((await near.Transport.Input.ReadAsync(Token)).IsCompleted);
    }

    [Fact]
    public async Task A_silent_responder_takes_ten_seconds_and_no_more()
    {
        var (near, far) = await PairAsync();
        var initiating = Handshake().InitiateAsync(near, Target, null, Token);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(CloseReason.HandshakeTimeout, await RefusalAsync(initiating));
        await far.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_ends_or_breaks_is_refused()
    {
        var (near, far) = await PairAsync();
        var accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        await near.Transport.Output.CompleteAsync();
        Assert.Equal(CloseReason.HandshakeFailed, await RefusalAsync(accepting));

        (near, far) = await PairAsync();
        accepting = Handshake().AcceptAsync(far, _relay, _ => null, Token);
        await near.Transport.Output.CompleteAsync(new ConnectionAbortedException());
        Assert.Equal(CloseReason.ConnectionFailed, await RefusalAsync(accepting));
    }

    [Fact]
    public async Task No_room_for_keys_is_a_refusal_not_a_defect()
    {
        using var full = new KeySlab(1);
        var (near, far) = await PairAsync();
        var accepting = new LinkHandshake(Network, _secrets, full, _time, new LinkOptions())
            .AcceptAsync(far, _relay, _ => null, Token);
        using var link = await Handshake().InitiateAsync(near, Target, null, Token);

        Assert.Equal(CloseReason.ResourceLimit, await RefusalAsync(accepting));
        Assert.Equal(0, full.Rented);
    }

    [Fact]
    public async Task Refused_handshakes_keep_no_keys()
    {
        await A_relay_that_is_not_listed_is_refused();
        await An_answer_of_noise_is_refused();
        Assert.Equal(2, _slab.Rented);
    }

    public void Dispose()
    {
        _relay.Key.Dispose();
        _other.Key.Dispose();
        _slab.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<CloseReason> RefusalAsync(Task<Link> link) =>
        (await Assert.ThrowsAsync<LinkRefusedException>(() => link)).Reason;

    private static async Task<(ConnectionContext Near, ConnectionContext Far)> PairAsync()
    {
        var transport = new PipeTransport();
        var place = new IPEndPoint(IPAddress.Loopback, 1);
        var listener = await transport.BindAsync(place, Token);
        var near = await transport.ConnectAsync(place, Token);
        return (near, (await listener.AcceptAsync(Token))!);
    }

    private Bytes32? KeyOf(RelayId relay) => relay == _other.Relay ? new Bytes32(_other.Key.PublicKey) : null;

    private LinkHandshake Handshake(NetworkId? network = null) =>
        new(network ?? Network, _secrets, _slab, _time, new LinkOptions());

    private LinkIdentity Identity(byte number) =>
        new(new RelayId(new Bytes32([.. Enumerable.Repeat(number, 32)])), StaticKeyPair.Generate(_secrets, _slab));
}
