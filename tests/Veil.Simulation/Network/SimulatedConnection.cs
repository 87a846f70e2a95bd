using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Veil.Simulation.Kernel;

namespace Veil.Simulation.Network;

/// <summary>
/// One end of a simulated stream, as a transport hands it to the product. It behaves as a socket does: completing the
/// output ends the stream for the peer after the last byte, <see cref="Abort(ConnectionAbortedException)"/> resets it
/// at once, and <see cref="ConnectionClosed"/> fires on this host when receiving is over, for whatever reason.
/// </summary>
public sealed class SimulatedConnection : ConnectionContext
{
    // Not disposed: it holds no timer, and a late registration must still find it.
    private readonly CancellationTokenSource _closed = new();
    private readonly SimulatedNetwork _network;
    private readonly DuplexPipe _ownPipe;
    private bool _isReceivingOver;

    internal SimulatedConnection(SimulatedNetwork network, HostTransport owner, IPEndPoint local, IPEndPoint remote)
    {
        _network = network;
        Owner = owner;
        Number = network.NextConnectionNumber();
        ConnectionId = $"{owner.Name}#{Number}";
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        Sent = new Pipe(OptionsOf(network.Options.SendBufferBytes));
        Received = new Pipe(OptionsOf(network.Options.ReceiveBufferBytes));
        _ownPipe = new DuplexPipe(Received.Reader, Sent.Writer);
        Transport = _ownPipe;
        ConnectionClosed = _closed.Token;
    }

    /// <inheritdoc/>
    public override string ConnectionId { get; set; }

    /// <inheritdoc/>
    public override IFeatureCollection Features { get; } = new FeatureCollection();

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get; set; }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint { get; set; }

    /// <summary>The address of the host at the other end, and its port.</summary>
    public override EndPoint? RemoteEndPoint { get; set; }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed { get; set; }

    /// <summary>The number of this end in the network's order of opening; the trace uses it.</summary>
    public int Number { get; }

    /// <summary>True once this end was disposed or aborted, or has received a reset.</summary>
    public bool IsClosed { get; private set; }

    internal HostTransport Owner { get; }

    internal Pipe Sent { get; }

    internal Pipe Received { get; }

    /// <summary>What this end sends. Set when both ends exist.</summary>
    internal Flow Outgoing { get; private set; } = null!;

    /// <summary>Resets the stream: what is under way in either direction is lost.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _network.Kernel.RequireLoopThread();
        if (IsClosed)
            return;
        Outgoing.Reset();
        EndReceiving(abortReason);
        Leave();
    }

    /// <inheritdoc/>
    public override void Abort() => Abort(new ConnectionAbortedException());

    /// <summary>
    /// Closes this end. What was flushed before still arrives; then the peer sees the end of the stream. Differs from
    /// Linux in one thing: bytes that were received and not read do not turn this into a reset.
    /// </summary>
    public override ValueTask DisposeAsync()
    {
        _network.Kernel.RequireLoopThread();
        if (!IsClosed)
        {
            Leave();
            _ownPipe.Output.Complete();
            _ownPipe.Input.Complete();
            EndReceiving(null);
        }
        return base.DisposeAsync();
    }

    internal static (SimulatedConnection Client, SimulatedConnection Server) CreatePair(
        SimulatedNetwork network,
        (HostTransport Host, IPEndPoint EndPoint) client,
        (HostTransport Host, IPEndPoint EndPoint) server)
    {
        var near = new SimulatedConnection(network, client.Host, client.EndPoint, server.EndPoint);
        var far = new SimulatedConnection(network, server.Host, server.EndPoint, client.EndPoint);
        near.Outgoing = new Flow(network, near, far);
        far.Outgoing = new Flow(network, far, near);
        client.Host.Connections.Add(near);
        server.Host.Connections.Add(far);
        network.StartFlow(near.Outgoing);
        network.StartFlow(far.Outgoing);
        return (near, far);
    }

    internal void EndReceived() => EndReceiving(null);

    internal void ResetReceived()
    {
        if (IsClosed)
            return;
        Outgoing.Close();
        EndReceiving(new ConnectionResetException("The simulated peer reset the connection."));
        Leave();
    }

    private static PipeOptions OptionsOf(int bufferBytes) => new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: bufferBytes,
        resumeWriterThreshold: bufferBytes / 2);

    private void EndReceiving(Exception? reason)
    {
        if (_isReceivingOver)
            return;
        _isReceivingOver = true;
        Received.Writer.Complete(reason);
        Owner.Host.Context.Post(static state => ((CancellationTokenSource)state!).Cancel(), _closed);
    }

    private void Leave()
    {
        IsClosed = true;
        Owner.Connections.Remove(this);
        _network.Kernel.Trace.Record(Owner.Name, "net.close", Number);
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
