using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Veil.Gateway.Socks;

namespace Veil.Gateway.Sites;

/// <summary>
/// A connection that the proxy handed over: the client's own, with what was granted to it as a feature.
/// The HTTP server disposes this, which ends the loan; the client's connection belongs to the proxy throughout.
/// </summary>
internal sealed class SiteConnection : ConnectionContext
{
    private readonly ConnectionContext _client;
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SiteConnection(ConnectionContext client, SocksRequest request)
    {
        _client = client;
        client.Features.Set(request);
    }

    /// <summary>Completes when the HTTP server is done with the connection.</summary>
    internal Task Served => _served.Task;

    /// <inheritdoc/>
    public override string ConnectionId
    {
        get => _client.ConnectionId;
        set => _client.ConnectionId = value;
    }

    /// <inheritdoc/>
    public override IFeatureCollection Features => _client.Features;

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items
    {
        get => _client.Items;
        set => _client.Items = value;
    }

    /// <inheritdoc/>
    public override IDuplexPipe Transport
    {
        get => _client.Transport;
        set => _client.Transport = value;
    }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed
    {
        get => _client.ConnectionClosed;
        set => _client.ConnectionClosed = value;
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint
    {
        get => _client.LocalEndPoint;
        set => _client.LocalEndPoint = value;
    }

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint
    {
        get => _client.RemoteEndPoint;
        set => _client.RemoteEndPoint = value;
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason) => _client.Abort(abortReason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _served.TrySetResult();
        return base.DisposeAsync();
    }
}
