using Veil.Content.Edge;
using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>
/// Which trunks a record travels on (spec/name.md, section 5): those of its name and day alone, so that a third hop or
/// store that sees two days of one name does not see them on one circuit.
/// </summary>
internal static class NameGroup
{
    /// <summary>The group of one key below another group.</summary>
    internal static IsolationGroup Of(IsolationGroup group, BlindedKey key) =>
        new($"{group.Name}/name/{key.Value}");
}
