using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Node.Hosting;

/// <summary>Runs one node as the process's work, under systemd or by hand, until a signal (spec/operating.md, section
/// 4).</summary>
public static class NodeHost
{
    // More than the longest drain: the host must not cut off what the setting allows.
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(630);

    /// <summary>Takes the data folder, checks all settings, runs until a signal and drains.</summary>
    /// <param name="paths">The data folder.</param>
    /// <param name="flags">Settings that flags gave.</param>
    /// <param name="onReady">Told once, when every role serves.</param>
    /// <param name="cancellationToken">Stops it like a signal.</param>
    /// <exception cref="NodeStartException">It cannot start; the message and hint are for a person.</exception>
    public static async Task RunAsync(
        DataPaths paths,
        IReadOnlyDictionary<string, string> flags,
        Action onReady,
        CancellationToken cancellationToken)
    {
        CheckPath(paths);
        using var folder = DataFolder.Open(paths);
        var settings = new SettingsSource(paths, flags);
        var configuration = settings.Load();
        BatchScheduling.Ask();
        using var logging = new NodeLogging(configuration.LogLevel, configuration.LogFile ? paths.Log : null);
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        logging.Configure(builder.Logging);
        builder.Services
            .AddSystemd()
            .Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownLimit)
            .AddSingleton(new NodeRequest(paths, configuration, onReady))
            .AddSingleton(settings)
            .AddSingleton(logging)
            .AddHostedService<NodeService>();
        using var host = builder.Build();

        // The host hears SIGTERM in any case, but Ctrl-C only where systemd did not start it.
        var life = host.Services.GetRequiredService<IHostApplicationLifetime>();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            life.StopApplication();
        });
        try
        {
            await host.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // A signal came before the node was ready: it stopped as it was told to.
        }
    }

    // Before the folder is made: later, keys would lie in a folder that no node can use.
    private static void CheckPath(DataPaths paths)
    {
        try
        {
            ControlSocket.In(paths.Folder);
        }
        catch (ControlException fault)
        {
            throw NodeStartException.Of(fault);
        }
    }
}
