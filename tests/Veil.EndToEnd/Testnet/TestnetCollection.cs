using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>
/// Tests with a testnet of their own: fifteen processes and more on one machine, so one at a time, and nothing beside
/// them.
/// </summary>
[CollectionDefinition(RunningTestnet.Collection, DisableParallelization = true)]
public sealed class TestnetCollection;
