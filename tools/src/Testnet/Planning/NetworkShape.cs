using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Planning;

/// <summary>What `up` is asked for.</summary>
internal sealed record NetworkShape
{
    // Each node has a number of its own in a subnet of 256 addresses.
    private const int MaxNodes = 250;

    // Three hops and a store that is none of them.
    private const int MinRelays = 4;

    internal int Authorities { get; init; }

    /// <summary>Stores and exits among them.</summary>
    internal int Relays { get; init; }

    internal int Stores { get; init; }

    internal int Gateways { get; init; }

    internal int Exits { get; init; }

    /// <summary>Length of an epoch, s.</summary>
    internal int EpochSeconds { get; init; }

    /// <summary>How long making it may take; the contract's where nothing else is said.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How much later bytes on a link arrive, one way; zero: no forwarders.</summary>
    internal TimeSpan Latency { get; init; }

    /// <summary>Whether each node has a network namespace of its own.</summary>
    internal bool Netns { get; init; }

    /// <summary>Whether each node writes down what it sees.</summary>
    internal bool Record { get; init; }

    /// <summary>The veil program; null for the one built with this tool.</summary>
    internal string? Veil { get; init; }

    /// <summary>Section:Key=VALUE, for every node.</summary>
    internal IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Whether it can be made.</summary>
    /// <exception cref="TestnetFailure">It cannot; says all that is wrong, each with the remedy.</exception>
    internal void Check()
    {
        if (Mistakes().ToList() is { Count: > 0 } mistakes)
        {
            throw new TestnetFailure(
                ExitCodes.Usage, "usage", string.Join("; ", mistakes), "see tools/testnet up --help");
        }
    }

    private IEnumerable<string> Mistakes()
    {
        if (Authorities < 1)
        {
            yield return "a network needs an authority: give --authorities 1 or more";
        }

        if (Relays < MinRelays)
        {
            yield return $"a circuit has three relays and a store: give --relays {MinRelays} or more";
        }

        if (Stores < 1 || Stores > Relays)
        {
            yield return $"stores are relays: give --stores 1 to {Relays}";
        }
        else if (Exits < 0 || Stores + Exits > Relays)
        {
            yield return $"exits are relays, and not stores here: give --exits 0 to {Relays - Stores}";
        }

        if (Gateways < 0 || Authorities + Relays + Gateways > MaxNodes)
        {
            yield return $"a test network has at most {MaxNodes} nodes";
        }

        if (EpochSeconds < 1)
        {
            yield return "give --epoch in whole seconds, 1 or more";
        }
    }

    /// <summary>Names and roles, authorities first.</summary>
    internal IEnumerable<(string Name, string[] Roles)> Members()
    {
        for (var number = 1; number <= Authorities; number++)
        {
            yield return ($"authority{number}", [NodeRole.Authority]);
        }

        for (var number = 1; number <= Relays - Stores - Exits; number++)
        {
            yield return ($"relay{number}", [NodeRole.Relay]);
        }

        for (var number = 1; number <= Stores; number++)
        {
            yield return ($"store{number}", [NodeRole.Relay, NodeRole.Store]);
        }

        for (var number = 1; number <= Exits; number++)
        {
            yield return ($"exit{number}", [NodeRole.Relay, NodeRole.Exit]);
        }

        for (var number = 1; number <= Gateways; number++)
        {
            yield return ($"gateway{number}", [NodeRole.Gateway]);
        }
    }
}
