using System.Globalization;

namespace Veil.Bench;

/// <summary>What a lab network for a bench is made of, beside three authorities and one gateway.</summary>
/// <param name="Relays">Relays that are nothing else.</param>
internal sealed record LabShape(int Relays)
{
    // Long enough that votes and fetches of the directory are little beside what is measured.
    private const int EpochSeconds = 20;

    /// <summary>Relays that are stores, too.</summary>
    internal int Stores { get; init; } = 3;

    /// <summary>Relays that are exits, too.</summary>
    internal int Exits { get; init; }

    /// <summary>Delay of every link, one way, ms.</summary>
    internal int LatencyMilliseconds { get; init; }

    /// <summary>Whether <see cref="LabNode.CountAsync"/> can look into its nodes.</summary>
    internal bool IsObserved { get; init; }

    /// <summary>What stands after <c>tools/testnet up DIR</c>.</summary>
    internal IEnumerable<string> Arguments()
    {
        (string Name, int Value)[] numbers =
        [
            ("--relays", Relays + Stores + Exits),
            ("--stores", Stores),
            ("--exits", Exits),
            ("--gateways", 1),
            ("--epoch", EpochSeconds),
        ];
        var arguments = numbers.SelectMany(
            number => (string[])[number.Name, number.Value.ToString(CultureInfo.InvariantCulture)]);
        return LatencyMilliseconds > 0 ? arguments.Concat(["--latency", $"{LatencyMilliseconds}ms"]) : arguments;
    }
}
