using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Veil.Node.Status;

namespace Veil.Node.Control;

/// <summary>
/// One control request: which endpoint it is for, and what becomes of failures (spec/control.md, sections 2 and 3).
/// Nothing is thrown out of here, so that the HTTP server has nothing to log.
/// </summary>
internal sealed class ControlApplication : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private const int MaxRequests = 64;

    private readonly FaultLog _faults;
    private readonly NodeStatus _status;
    private readonly AddEndpoint _add;
    private readonly ContentEndpoints _content;
    private readonly HouseEndpoints _house;
    private readonly NameEndpoints _names;
    private readonly KeepEndpoints _keep;
    private readonly StoreEndpoints _store;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stoppingToken;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _requests;
    private bool _stopped;

    internal ControlApplication(ControlSurface surface, ILogger logger)
    {
        _faults = new FaultLog(logger);
        _stoppingToken = _stopping.Token;
        _add = new AddEndpoint(surface, _faults);
        _names = new NameEndpoints(surface);
        _content = new ContentEndpoints(surface, _names, _faults);
        _house = new HouseEndpoints(surface);
        _keep = new KeepEndpoints(surface);
        _store = new StoreEndpoints(surface);
        _status = new NodeStatus(surface.Node, surface.Time, surface.IsStopping, surface.Problems);
    }

    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stoppingToken);
        context.RequestAborted = ended.Token;
        try
        {
            Enter();
            await DispatchAsync(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left, or the node does; there is nobody to answer.
            context.Abort();
        }
        catch (Exception failure)
        {
            await TryAnswerFailureAsync(context, failure);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Cancels what is being served and waits for it. The server is to be stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _stopped = true;
            if (_requests == 0)
            {
                _drained.TrySetResult();
            }
        }

        _stopping.Cancel();
        await _drained.Task;
        _stopping.Dispose();
    }

    private void Enter()
    {
        lock (_lock)
        {
            // Counted in any case: whoever is refused leaves, too.
            _requests++;
            if (_stopped)
            {
                throw ControlErrors.Stopping();
            }

            if (_requests > MaxRequests)
            {
                throw ControlErrors.Busy("as many requests as allowed are being served");
            }
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _requests--;
            if (_stopped && _requests == 0)
            {
                _drained.TrySetResult();
            }
        }
    }

    private Task DispatchAsync(HttpContext context)
    {
        string method = context.Request.Method;
        return (context.Request.Path.Value, method) switch
        {
            ("/v1/status", "GET") => Answers.WriteAsync(context, _status.Take(), ControlJson.Default.StatusDocument),
            ("/v1/add", "POST") => _add.ServeAsync(context),
            ("/v1/get", "POST") => _content.GetAsync(context),
            ("/v1/list", "POST") => _content.ListAsync(context),
            ("/v1/open", "POST") => _content.OpenAsync(context),
            ("/v1/deny", "POST") => _content.DenyAsync(context),
            ("/v1/check", "POST") => _keep.CheckAsync(context),
            ("/v1/keep", "POST") => _keep.KeepAsync(context),
            ("/v1/keeps", "GET") => _keep.ListAsync(context),
            ("/v1/unkeep", "POST") => _keep.UnkeepAsync(context),
            ("/v1/repair-key", "POST") => _keep.RepairKeyAsync(context),
            ("/v1/store/scrub", "POST") => _store.ScrubAsync(context),
            ("/v1/store/drain", "POST") => _store.DrainAsync(context),
            ("/v1/publications", "GET") => _house.ListAsync(context),
            ("/v1/forget", "POST") => _house.ForgetAsync(context),
            ("/v1/settings", "GET") => _house.ListSettingsAsync(context),
            ("/v1/settings", "POST") => _house.SetAsync(context),
            ("/v1/names/resolve", "POST") => _names.ResolveAsync(context),
            ("/v1/names/next", "POST") => _names.NextAsync(context),
            ("/v1/names/publish", "POST") => _names.PublishAsync(context),
            ("/v1/follow", "POST") => _names.FollowAsync(context),
            ("/v1/unfollow", "POST") => _names.UnfollowAsync(context),
            ("/v1/follows", "GET") => _names.ListAsync(context),
            _ => throw ControlErrors.NoSuchEndpoint(),
        };
    }

    private async Task TryAnswerFailureAsync(HttpContext context, Exception failure)
    {
        try
        {
            await AnswerFailureAsync(context, failure);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
    }

    private async Task AnswerFailureAsync(HttpContext context, Exception failure)
    {
        var told = _faults.Tell(failure);
        if (context.Response.HasStarted)
        {
            // Each endpoint that streams tells of its own failures; what comes here is cut off.
            context.Abort();
            return;
        }

        context.Response.StatusCode = told.Status;
        await Answers.WriteAsync(context, new ErrorAnswer(told.Error), ControlJson.Default.ErrorAnswer);
    }
}
