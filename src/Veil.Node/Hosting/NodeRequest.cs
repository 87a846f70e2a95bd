using Veil.Node.Configuration;

namespace Veil.Node.Hosting;

/// <summary>What a process runs.</summary>
/// <param name="Paths">The data folder, which the caller has taken.</param>
/// <param name="Configuration">The settings.</param>
/// <param name="OnReady">Told once, when every role serves.</param>
public sealed record NodeRequest(DataPaths Paths, NodeConfiguration Configuration, Action OnReady);
