using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Veil.Circuits.Limits;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Node.Metrics;
using Veil.Node.Status;

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
    private readonly DenylistFile _denylist = new(request.Paths.Denylist, loggers.CreateLogger<DenylistFile>());
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly NodeLimits _limits = new(request.Configuration.Bounds.ToLimits());
    private NodeConfiguration _configuration = request.Configuration;
    private MonthlyVolume? _volume;
    private OpenedNode? _opened;
    private ControlServer? _control;
    private MetricsServer? _metrics;
    private SettingsWatch? _watch;
    private volatile bool _stopping;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogStarting(_logger, _configuration.Roles, _configuration.Network.Name);
        _denylist.Open(_configuration.Denylist);
        _opened = await OpenedNode.OpenAsync(
            _configuration, request.Paths, new NodeSurroundings(loggers, _denylist.List, _limits), cancellationToken);
        _volume = new MonthlyVolume(
            _limits,
            _configuration.Bounds.Volume,
            request.Paths.Volume,
            _time,
            loggers.CreateLogger<MonthlyVolume>());
        _watch = new SettingsWatch(settings, request.Paths, loggers.CreateLogger<SettingsWatch>());
        _watch.Changed += Apply;
        await StartNodeAsync(_opened, cancellationToken);
        await WaitReadyAsync(_opened.Node, cancellationToken);
        LogReady(_logger);
        request.OnReady();
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        LogStopping(_logger);
        if (_opened is { } opened)
        {
            await DrainAsync(opened.Node, cancellationToken);
        }

        await DisposeAsync();
        LogStopped(_logger);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watch?.Dispose();
        _volume?.Dispose();
        if (_metrics is not null)
        {
            await _metrics.DisposeAsync();
        }

        if (_control is not null)
        {
            await _control.DisposeAsync();
        }

        if (_opened is { } opened)
        {
            _opened = null;
            await opened.DisposeAsync();
        }
    }

    // The first signal was taken by the host; the next one is a person who does not want to wait.
    private async Task DrainAsync(VeilNode node, CancellationToken cancellationToken)
    {
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Hurry);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hurry);
        await node.DrainAsync(_configuration.Bounds.Drain, hurry.Token);

        void Hurry(PosixSignalContext signal)
        {
            signal.Cancel = true;
            hurry.Cancel();
        }
    }

    private async Task StartNodeAsync(OpenedNode opened, CancellationToken cancellationToken)
    {
        var surface = SurfaceOf(opened);
        try
        {
            // First, so that whoever asks hears why the node is not ready yet.
            _control = new ControlServer(surface, request.Paths.ControlSocket, loggers);
            await _control.StartAsync(cancellationToken);
            if (_configuration.Metrics is { } endPoint)
            {
                _metrics = new MetricsServer(surface, endPoint);
                await _metrics.StartAsync(cancellationToken);
            }

            await opened.Node.StartAsync(cancellationToken);
        }
        catch (Exception fault) when (StartFaults.Of(fault, Listeners()) is { } told)
        {
            throw told;
        }
    }

    private IEnumerable<IPEndPoint> Listeners() => new[]
    {
        _configuration.AcceptsLinks ? _configuration.Listen : null,
        _configuration.Roles.HasFlag(NodeRoles.Gateway) ? _configuration.Socks : null,
        _configuration.Metrics,
    }.OfType<IPEndPoint>();

    private ControlSurface SurfaceOf(OpenedNode opened) => new()
    {
        Node = opened.Node,
        Time = _time,
        Decisions = opened.Seams.Decisions,
        State = opened.Seams.State,
        IsStopping = () => _stopping,
        Problems = () => [.. FindProblems(opened)],
        CurrentSettings = () => settings.Current,
        SetSetting = Set,
        Deny = _denylist.Add,
    };

    // None of them keeps the node from what its operator lets it do.
    private IEnumerable<StatusProblem> FindProblems(OpenedNode opened)
    {
        if (opened.Seams.Blocks?.Trouble is { } trouble)
        {
            yield return new StatusProblem(
                "store_full", trouble.Message, "the store goes on serving what it has", StopsService: false);
        }

        if (opened.Node.Store?.FindProblem() is { } leaving)
        {
            yield return leaving;
        }

        if (_limits.Paused && _volume is { } volume)
        {
            yield return new StatusProblem(
                "volume_used",
                $"the month's volume of {ByteSize.Format(volume.Bound)} is used up: circuits of others rest",
                "it goes on with the next month (UTC), or with a higher Limits:Volume",
                StopsService: false);
        }
    }

    private SettingOutcome Set(string name, string value)
    {
        try
        {
            if (SettingKey.Find(name) is not { } key)
            {
                return new SettingOutcome(
                    SettingResult.UnknownName, $"there is no setting {name}",
                        "spec/operating.md, section 2, lists them");
            }

            _watch!.Change(key.Name, string.IsNullOrWhiteSpace(value) ? null : value);
            return new SettingOutcome(key.Live ? SettingResult.Applied : SettingResult.AfterRestart);
        }
        catch (NodeStartException fault)
        {
            var result = fault.Code == SettingsSource.Overridden ? SettingResult.Overridden : SettingResult.BadValue;
            return new SettingOutcome(result, fault.Message, fault.Hint);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new SettingOutcome(
                SettingResult.Unavailable, fault.Message, "the data folder must be writable for the node");
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
        _denylist.Reload(changed.Denylist);
        if (_opened?.Seams.Blocks is { } blocks && blocks.Quota != changed.Quota)
        {
            blocks.SetQuota(changed.Quota);
        }

        _opened?.Node.Gate?.SetTariff(changed.Tariff);
        _limits.Set(changed.Bounds.ToLimits());
        if (_volume is { } volume)
        {
            volume.Bound = changed.Bounds.Volume;
        }

        _configuration = changed;
    }

    [LoggerMessage(100, LogLevel.Information, "starting as {Roles} in the network {Network}")]
    private static partial void LogStarting(ILogger logger, NodeRoles roles, string network);

    [LoggerMessage(101, LogLevel.Information, "ready: every role serves")]
    private static partial void LogReady(ILogger logger);

    [LoggerMessage(102, LogLevel.Information, "still waiting for a directory that is valid now and, as a relay, "
        + "lists this node")]
    private static partial void LogWaiting(ILogger logger);

    [LoggerMessage(103, LogLevel.Information, "stopping: nothing new is taken, circuits of others may end")]
    private static partial void LogStopping(ILogger logger);

    [LoggerMessage(104, LogLevel.Information, "stopped")]
    private static partial void LogStopped(ILogger logger);
}
