using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Veil.Tests.Gateway;

/// <summary>A connection without a network: the server has the context, the test the other end.</summary>
internal sealed class MemoryConnection : ConnectionContext
{
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemoryConnection()
    {
        Transport = new Ends(_toServer.Reader, _toClient.Writer);
        ConnectionClosed = _closed.Token;
    }

    public override string ConnectionId { get; set; } = "memory";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    /// <summary>Completes when the server let go of the connection.</summary>
    public Task Disposed => _disposed.Task;

    public async Task SendAsync(byte[] bytes) =>
        await _toServer.Writer.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Reads exactly so many bytes, as hexadecimal digits.</summary>
    public async Task<string> ReadAsync(int count)
    {
        var read = await _toClient.Reader.ReadAtLeastAsync(count, TestContext.Current.CancellationToken);
        Assert.True(read.Buffer.Length >= count, "the server closed before it sent so much");
        var bytes = read.Buffer.Slice(0, count).ToArray();
        _toClient.Reader.AdvanceTo(read.Buffer.GetPosition(count));
        return Convert.ToHexStringLower(bytes);
    }

    public ValueTask LeaveAsync() => _toServer.Writer.CompleteAsync();

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _toServer.Writer.Complete(abortReason);
        _toClient.Reader.Complete();
        if (!_disposed.Task.IsCompleted)
        {
            _closed.Cancel();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync();
        await Transport.Output.CompleteAsync();
        _disposed.TrySetResult();
        await base.DisposeAsync();
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
