using Veil.Node.Control;

namespace Veil.Tests.Node.Control;

/// <summary>A further server of what the house controls, in a folder that goes with it.</summary>
internal sealed class OwnServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-control-");

    private OwnServer(LabHouse house)
    {
        SocketPath = ControlSocket.In(_folder.FullName);
        Server = new ControlServer(house.Surface, SocketPath, house.Logs);
    }

    internal string SocketPath { get; }

    internal ControlServer Server { get; }

    internal static async Task<OwnServer> StartAsync(LabHouse house, CancellationToken cancellationToken)
    {
        var own = new OwnServer(await house.ReadyAsync());
        await own.Server.StartAsync(cancellationToken);
        return own;
    }

    /// <summary>A client of it, which the caller disposes.</summary>
    internal ControlClient Connect() => new(SocketPath);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
