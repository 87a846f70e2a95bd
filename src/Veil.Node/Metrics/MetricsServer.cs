using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using Veil.Node.Control;
using Veil.Node.Status;

namespace Veil.Node.Metrics;

/// <summary>Prometheus' endpoint, <c>/metrics</c>, off unless asked for, on loopback (spec/privacy.md, section
/// 3).</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const int MaxConnections = 8;

    private readonly NodeMeter _meter;
    private readonly WebApplication _application;

    /// <param name="surface">The node.</param>
    /// <param name="endPoint">A loopback address.</param>
    internal MetricsServer(ControlSurface surface, IPEndPoint endPoint)
    {
        _meter = new NodeMeter(new NodeStatus(surface.Node, surface.Time, surface.IsStopping, surface.Problems));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = MaxConnections;
            options.Limits.MaxRequestBodySize = 0;
            options.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(NodeMeter.Name)
            .AddPrometheusExporter());
        builder.Services.AddHostFiltering(options => options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"]);
        _application = builder.Build();

        // A web page that has its own name point to loopback must not read the counters.
        _application.UseHostFiltering();
        _application.UseOpenTelemetryPrometheusScrapingEndpoint();
    }

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    internal Task StartAsync(CancellationToken cancellationToken) => _application.StartAsync(cancellationToken);

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _meter.Dispose();
    }
}
