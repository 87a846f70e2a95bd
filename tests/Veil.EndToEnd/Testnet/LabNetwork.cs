using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>A small network that records what its nodes see; each node in a namespace where that is possible.</summary>
public sealed class LabNetwork : IAsyncLifetime
{
    private RunningTestnet? _network;

    /// <summary>Why its nodes have no namespaces; null when they have.</summary>
    internal string? NoNamespaces { get; private set; }

    /// <summary>The network.</summary>
    internal RunningTestnet Running => _network!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        NoNamespaces = await NamespaceTests.WhyNotAsync();
        _network = new RunningTestnet { Options = NoNamespaces is null ? ["--record", "--netns"] : ["--record"] };
        await _network.InitializeAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _network?.DisposeAsync() ?? default;
}
