using System.Text.Json;
using Veil.EndToEnd.Testnet;
using Xunit;

namespace Veil.EndToEnd.Published;

/// <summary>A network whose first gateway publishes what people read through the second.</summary>
public sealed class PublishedNetwork : IAsyncLifetime
{
    private readonly RunningTestnet _net = new();

    /// <summary>The readers' SOCKS address.</summary>
    internal string Socks =>
        $"127.0.0.1:{_net.Node("gateway2").GetProperty("ports").GetProperty("socks").GetInt32()}";

    private string[] Publisher => ["--data", _net.Data("gateway1")];

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => _net.InitializeAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _net.DisposeAsync();

    /// <summary>A new folder that goes with the network.</summary>
    internal string NewFolder(string name) =>
        System.IO.Directory.CreateDirectory(Path.Combine(_net.Folder, "published", name)).FullName;

    /// <summary>Publishes a file or folder under a new name.</summary>
    /// <returns>The site's address, with a slash at the end.</returns>
    internal async Task<string> PublishAsync(string name, string path)
    {
        await RunningTestnet.VeilAsync(["key", "new", name, .. Publisher]);
        var published = await RunningTestnet.VeilAsync(["publish", name, path, .. Publisher]);
        return $"http://{published.GetProperty("address").GetString()}/";
    }

    /// <summary>Publishes a file or folder under its key.</summary>
    /// <returns>The key.</returns>
    internal async Task<string> AddAsync(string path) =>
        (await RunningTestnet.VeilAsync(["add", path, .. Publisher])).GetProperty("key").GetString()!;

    /// <summary>What `veil` does at the readers' node.</summary>
    internal Task<JsonElement> ReadAsync(params string[] arguments) =>
        RunningTestnet.VeilAsync([.. arguments, "--data", _net.Data("gateway2")]);
}
