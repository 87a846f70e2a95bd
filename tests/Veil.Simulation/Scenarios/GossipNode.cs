using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Veil.Simulation.Kernel;
using Veil.Simulation.Network;

namespace Veil.Simulation.Scenarios;

/// <summary>One host of <see cref="GossipScenario"/>. An exchange is a connection: 8 bytes each way.</summary>
internal sealed class GossipNode
{
    private const int Port = 7000;
    private const int MessageBytes = sizeof(ulong);

    // A round trip is below 0.2 s; whoever takes longer is behind a clogged path and is given up.
    private static readonly TimeSpan ExchangeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(750);

    private readonly SimulationKernel _kernel;
    private readonly IReadOnlyList<HostTransport> _all;

    internal GossipNode(SimulationKernel kernel, HostTransport transport, IReadOnlyList<HostTransport> all)
    {
        _kernel = kernel;
        _all = all;
        Transport = transport;
        transport.Host.Start("listen", ListenAsync);
        transport.Host.Start("talk", TalkAsync);
    }

    internal HostTransport Transport { get; }

    /// <summary>The rumour, or 0.</summary>
    internal ulong Known { get; private set; }

    internal bool IsStopped => Transport.Host.IsStopped;

    internal void Tell(ulong rumour)
    {
        if (rumour == 0 || rumour == Known)
            return;
        Known = rumour;
        _kernel.Trace.Record(Transport.Name, "gossip.heard");
    }

    private async Task ListenAsync()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Any, Port));
        while (await listener.AcceptAsync() is { } connection)
            _ = Transport.Host.Start("answer", () => WithinTimeAsync(connection, AnswerAsync));
    }

    private async Task TalkAsync()
    {
        while (true)
        {
            await Task.Delay(Transport.Host.Decisions.NextTime(ShortestPause, LongestPause), Transport.Host.Time);
            var peer = _all[Transport.Host.Decisions.NextIndex(_all.Count)];
            try
            {
                using var timeout = new CancellationTokenSource(ExchangeTimeout, Transport.Host.Time);
                var connection = await Transport.ConnectAsync(new IPEndPoint(peer.Address, Port), timeout.Token);
                await WithinTimeAsync(connection, AskAsync);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // Dead or out of reach: the next peer is tried after the next pause.
            }
        }
    }

    private async Task WithinTimeAsync(
        ConnectionContext connection,
        Func<ConnectionContext, CancellationToken, Task> exchange)
    {
        await using var owned = connection;
        using var timeout = new CancellationTokenSource(ExchangeTimeout, Transport.Host.Time);
        try
        {
            await exchange(connection, timeout.Token);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            connection.Abort();
        }
    }

    private async Task AskAsync(ConnectionContext connection, CancellationToken cancellation)
    {
        await WriteAsync(connection.Transport.Output, cancellation);
        Tell(await ReadAsync(connection.Transport.Input, cancellation));
    }

    private async Task AnswerAsync(ConnectionContext connection, CancellationToken cancellation)
    {
        Tell(await ReadAsync(connection.Transport.Input, cancellation));
        await WriteAsync(connection.Transport.Output, cancellation);
    }

    private async Task WriteAsync(PipeWriter output, CancellationToken cancellation)
    {
        BinaryPrimitives.WriteUInt64BigEndian(output.GetSpan(MessageBytes), Known);
        output.Advance(MessageBytes);
        await output.FlushAsync(cancellation);
    }

    private static async Task<ulong> ReadAsync(PipeReader input, CancellationToken cancellation)
    {
        var result = await input.ReadAtLeastAsync(MessageBytes, cancellation);
        if (result.Buffer.Length < MessageBytes)
            throw new EndOfStreamException();
        var message = result.Buffer.Slice(0, MessageBytes);
        Span<byte> bytes = stackalloc byte[MessageBytes];
        message.CopyTo(bytes);
        var rumour = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        input.AdvanceTo(message.End);
        return rumour;
    }
}
