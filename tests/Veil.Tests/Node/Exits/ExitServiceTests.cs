using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Links.Tcp;
using Veil.Node.Exits;
using Veil.Tests.Circuits;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Exits;
using Xunit;

namespace Veil.Tests.Node.Exits;

/// <summary>An exit at the end of a circuit, in front of real targets on loopback (spec/exit.md).</summary>
public sealed class ExitServiceTests : IAsyncLifetime
{
    private readonly TcpTransport _transport = new();
    private readonly RelayRig _rig = new(1);
    private readonly List<string> _lookedUp = [];
    private IConnectionListener _target = null!;
    private ClientCircuit _circuit = null!;

    private static CancellationToken Token => RelayRig.Token;

    private IPEndPoint Place => (IPEndPoint)_target.EndPoint;

    public async ValueTask InitializeAsync()
    {
        _target = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Token);
        _circuit = await _rig.BuildAsync(0);
    }

    public async ValueTask DisposeAsync()
    {
        _circuit.Dispose();
        await _rig.DisposeAsync();
        await _target.DisposeAsync();
        _transport.Dispose();
    }

    [Fact]
    public async Task Bytes_pass_both_ways_and_an_end_leaves_the_other_direction_open()
    {
        var exit = Serve("accept *:*");
        var stream = await AskAsync(ExitTarget.Of(IPAddress.Loopback, (ushort)Place.Port), ExitAnswer.Connected);
        await using var target = await AcceptAsync();
        var sent = ClientCircuitTests.Pattern(300_000);

        await stream.Output.WriteAsync(sent, Token);
        await stream.Output.CompleteAsync();
        Assert.Equal(sent, await ReadToEndAsync(target.Transport.Input));
        await target.Transport.Output.WriteAsync(sent, Token);
        await target.Transport.Output.CompleteAsync();
        Assert.Equal(sent, await ReadToEndAsync(stream.Input));
        await stream.Input.CompleteAsync();

        await Eventually.HoldsAsync(() => exit.Counters.Open == 0, "the connection is over");
        Assert.Equal(1, exit.Counters[ExitAnswer.Connected]);
    }

    [Fact]
    public async Task A_reset_of_the_stream_resets_the_target_even_when_it_says_nothing()
    {
        var exit = Serve("accept *:*");
        var stream = await AskAsync(ExitTarget.Of(IPAddress.Loopback, (ushort)Place.Port), ExitAnswer.Connected);
        await using var target = await AcceptAsync();

        await stream.Output.CompleteAsync();
        Assert.Empty(await ReadToEndAsync(target.Transport.Input));
        stream.Reset();

        await Eventually.HoldsAsync(() => exit.Counters.Open == 0, "the target's silence holds nothing up");
    }

    [Fact]
    public async Task A_reset_by_the_target_resets_the_stream()
    {
        Serve("accept *:*");
        var stream = await AskAsync(ExitTarget.Of(IPAddress.Loopback, (ushort)Place.Port), ExitAnswer.Connected);
        var target = await AcceptAsync();

        target.Abort();

        await Assert.ThrowsAnyAsync<IOException>(() => ReadToEndAsync(stream.Input));
        await target.DisposeAsync();
    }

    [Fact]
    public async Task What_policy_and_rules_forbid_is_not_connected_to()
    {
        var port = (ushort)Place.Port;
        Serve($"reject *:{port}, accept *:*");
        await AskAsync(ExitTarget.Of(IPAddress.Loopback, port), ExitAnswer.Policy);
        await AskAsync(ExitTarget.Of("two.example", port), ExitAnswer.Policy);

        Serve("reject *:*");
        await AskAsync(ExitTarget.Of("two.example", port), ExitAnswer.Policy);
        Assert.Equal(["two.example"], _lookedUp);

        Serve("accept *:*", lab: false);
        await AskAsync(ExitTarget.Of(IPAddress.Loopback, port), ExitAnswer.Policy);
        await AskAsync(ExitTarget.Of(IPAddress.Parse("10.1.2.3"), port), ExitAnswer.Policy);
        await AskAsync(ExitTarget.Of(IPAddress.Parse("::1"), port), ExitAnswer.Policy);
        await AskAsync(ExitTarget.Of("two.example", port), ExitAnswer.Policy);
        Assert.Null(await NextAsync());
    }

    [Fact]
    public async Task Names_are_looked_up_at_the_exit_and_special_ones_never()
    {
        Serve("accept *:*");
        await AskAsync(ExitTarget.Of("none.example", 80), ExitAnswer.NotFound);
        await AskAsync(ExitTarget.Of("localhost", 80), ExitAnswer.NotFound);
        await AskAsync(ExitTarget.Of("some.onion", 80), ExitAnswer.NotFound);
        var stream = await AskAsync(ExitTarget.Of("two.example", (ushort)Place.Port), ExitAnswer.Connected);

        await using var target = await AcceptAsync();
        Assert.Equal(["none.example", "two.example"], _lookedUp);
        stream.Reset();
    }

    [Fact]
    public async Task A_closed_port_is_refused_and_a_full_exit_is_busy()
    {
        var closed = (ushort)Place.Port;
        await _target.DisposeAsync();
        Serve("accept *:*");
        await AskAsync(ExitTarget.Of(IPAddress.Loopback, closed), ExitAnswer.Refused);

        Serve("accept *:*", most: 0);
        await AskAsync(ExitTarget.Of(IPAddress.Loopback, closed), ExitAnswer.Busy);
    }

    [Fact]
    public async Task What_is_no_request_is_reset()
    {
        Serve("accept *:*");
        var stream = _circuit.Open(ServiceId.Store);
        await stream.Output.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), Token);

        await Assert.ThrowsAsync<StreamResetException>(() => ReadToEndAsync(stream.Input));
    }

    private ExitService Serve(string rules, bool lab = true, int most = 100)
    {
        Assert.True(ExitPolicy.TryParse(rules, out var policy, out var error), error);
        var exit = new ExitService(
            new ExitOptions { Policy = policy, MaxConnections = most },
            new ForbiddenTargets(lab, () => null, () => null, TimeProvider.System),
            _transport,
            (name, _) =>
            {
                _lookedUp.Add(name);
                IReadOnlyList<IPAddress> found =
                    name == "two.example" ? [IPAddress.Parse("127.0.0.1"), IPAddress.IPv6Loopback] : [];
                return Task.FromResult(found);
            },
            TimeProvider.System);
        _rig.Service = stream => exit.ServeAsync(stream, CancellationToken.None);
        return exit;
    }

    private async Task<CircuitStream> AskAsync(ExitTarget target, ExitAnswer expected)
    {
        var stream = _circuit.Open(ServiceId.Store);
        var request = new byte[ExitTarget.MaxBytes];
        await stream.Output.WriteAsync(request.AsMemory(0, target.Write(request)), Token);
        var read = await stream.Input.ReadAtLeastAsync(1, Token);
        Assert.Equal(expected, (ExitAnswer)read.Buffer.FirstSpan[0]);
        stream.Input.AdvanceTo(read.Buffer.GetPosition(1));
        if (expected != ExitAnswer.Connected)
        {
            await stream.Output.CompleteAsync();
            Assert.Empty(await ReadToEndAsync(stream.Input));
        }

        return stream;
    }

    private async Task<ConnectionContext> AcceptAsync() =>
        await _target.AcceptAsync(Token) ?? throw new InvalidOperationException("the listener was closed");

    // Everything that was asked for has been answered: who connected is here.
    private async Task<ConnectionContext?> NextAsync()
    {
        await _target.UnbindAsync(Token);
        return await _target.AcceptAsync(Token);
    }

    private static async Task<byte[]> ReadToEndAsync(PipeReader input)
    {
        using var all = new MemoryStream();
        await input.CopyToAsync(all, Token);
        return all.ToArray();
    }
}
