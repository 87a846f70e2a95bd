using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Veil.EndToEnd.Exits;

/// <summary>A web server on 127.0.0.1 that remembers who asked for what; ends with the test.</summary>
internal sealed class LoopbackWeb : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<WebRequest> _requests = [];

    private LoopbackWeb(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        _application = builder.Build();
        _application.Run(context =>
        {
            var request = context.Request;
            _requests.Enqueue(new WebRequest(
                context.Connection.RemoteIpAddress!, request.Host.Host, request.Path.Value ?? ""));
            return answer(context);
        });
    }

    /// <summary>Its port.</summary>
    internal int Port => new Uri(_application.Urls.Single()).Port;

    /// <summary>What was asked, the oldest first.</summary>
    internal IReadOnlyList<WebRequest> Requests => [.. _requests];

    /// <summary>A server that answers so.</summary>
    internal static async Task<LoopbackWeb> StartAsync(RequestDelegate answer)
    {
        var web = new LoopbackWeb(answer);
        await web._application.StartAsync(TestContext.Current.CancellationToken);
        return web;
    }

    /// <summary>A server of these files, by path; anything else is 404.</summary>
    internal static Task<LoopbackWeb> StartAsync(IReadOnlyDictionary<string, (string Type, byte[] Bytes)> files) =>
        StartAsync(async context =>
        {
            if (!files.TryGetValue(context.Request.Path.Value ?? "", out var file))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            context.Response.ContentType = file.Type;
            context.Response.ContentLength = file.Bytes.Length;
            await context.Response.Body.WriteAsync(file.Bytes, context.RequestAborted);
        });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();
}

/// <summary>A request: who connected, which host was asked for, which path.</summary>
internal sealed record WebRequest(IPAddress From, string Host, string Path);
