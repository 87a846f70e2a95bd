using Veil.Wire.Documents;

namespace Veil.Directory.Paths;

/// <summary>The three relays of a trunk, in order (spec/directory.md, section 6).</summary>
public sealed record CircuitPath(RelayEntry Guard, RelayEntry Second, RelayEntry Third)
{
    /// <summary>Number of hops of a trunk.</summary>
    public const int Length = 3;

    /// <summary>The hops in order.</summary>
    public IReadOnlyList<RelayEntry> Hops => [Guard, Second, Third];
}
