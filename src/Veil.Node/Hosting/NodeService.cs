using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Veil.Node.Configuration;

namespace Veil.Node.Hosting;

/// <summary>
/// The node's life within a host: open, start, say when it serves, drain, close (spec/operating.md, section 4).
/// </summary>
internal sealed partial class NodeService(
    NodeRequest request,
    SettingsSource settings,
    NodeLogging logging,
    ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReadyReport = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = loggers.CreateLogger<NodeService>();
    private readonly TimeProvider _time = TimeProvider.System;
    private NodeConfiguration _configuration = request.Configuration;
    private NodeParts? _parts;
    private SettingsWatch? _watch;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogStarting(_logger, _configuration.Roles, _configuration.Network.Name);
        _parts = await NodeParts.OpenAsync(_configuration, request.Paths, loggers, cancellationToken);
        try
        {
            await _parts.Node.StartAsync(cancellationToken);
        }
        catch (IOException fault)
        {
            throw new NodeStartException(
                "listen", fault.Message, "is another program using the port? choose another with --listen or --socks", fault);
        }

        _watch = new SettingsWatch(settings, request.Paths, loggers.CreateLogger<SettingsWatch>());
        _watch.Changed += Apply;
        await WaitReadyAsync(_parts.Node, cancellationToken);
        LogReady(_logger);
        request.OnReady();
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        LogStopping(_logger);
        await DisposeAsync();
        LogStopped(_logger);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watch?.Dispose();
        if (_parts is { } parts)
        {
            _parts = null;
            await parts.DisposeAsync();
        }
    }

    private async Task WaitReadyAsync(VeilNode node, CancellationToken cancellationToken)
    {
        long said = _time.GetTimestamp();
        while (!node.IsServing)
        {
            await Task.Delay(ReadyPoll, _time, cancellationToken);
            if (_time.GetElapsedTime(said) >= ReadyReport)
            {
                LogWaiting(_logger);
                said = _time.GetTimestamp();
            }
        }
    }

    private void Apply(NodeConfiguration changed)
    {
        logging.Level = changed.LogLevel;
        _configuration = changed;
    }

    [LoggerMessage(100, LogLevel.Information, "starting as {Roles} in the network {Network}")]
    private static partial void LogStarting(ILogger logger, NodeRoles roles, string network);

    [LoggerMessage(101, LogLevel.Information, "ready: every role serves")]
    private static partial void LogReady(ILogger logger);

    [LoggerMessage(102, LogLevel.Information, "still waiting for a directory that is valid now and, as a relay, lists this node")]
    private static partial void LogWaiting(ILogger logger);

    [LoggerMessage(103, LogLevel.Information, "stopping: nothing new is taken, circuits of others may end")]
    private static partial void LogStopping(ILogger logger);

    [LoggerMessage(104, LogLevel.Information, "stopped")]
    private static partial void LogStopped(ILogger logger);
}
