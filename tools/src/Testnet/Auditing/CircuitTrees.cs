namespace Veil.Tools.Testnet.Auditing;

/// <summary>
/// Whose circuit each recorded one is: the client's that made it, or of the one that it goes on from. Nobody in the
/// network knows this; it takes the recordings of all relays on the way.
/// </summary>
internal sealed class CircuitTrees
{
    /// <summary>Hexadecimal digits of a circuit's number, which a recorded circuit begins with.</summary>
    internal const int NumberDigits = 8;

    internal const string Made = "made";
    internal const string Accepted = "accepted";
    internal const string Extended = "extended";

    private readonly Dictionary<string, HashSet<string>> _makers = [];
    private readonly Dictionary<string, List<(string Node, string From)>> _extensions = [];
    private readonly Dictionary<(string Node, string Circuit), HashSet<string>> _accepted = [];
    private readonly Dictionary<string, IReadOnlySet<string>> _owners = [];

    /// <summary>Reads all lines.</summary>
    internal CircuitTrees(IEnumerable<AuditNode> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var line in node.Of(RecordLine.Circuit).Where(line => line.Value.Length > NumberDigits))
            {
                Add(node.Name, line);
            }
        }
    }

    /// <summary>The nodes whose circuit it is: one; none when nobody's line explains it; several when they share
    /// it.</summary>
    internal IReadOnlySet<string> OwnersOf(string value)
    {
        if (_owners.TryGetValue(value, out var known))
        {
            return known;
        }

        // Whoever made up a circle of circuits gets no owner from it.
        _owners[value] = new HashSet<string>();
        HashSet<string> owners = [.. _makers.GetValueOrDefault(value, [])];
        foreach (var (node, from) in _extensions.GetValueOrDefault(value, []))
        {
            foreach (var before in _accepted.GetValueOrDefault((node, from), []))
            {
                owners.UnionWith(OwnersOf(before));
            }
        }

        _owners[value] = owners;
        return owners;
    }

    private void Add(string node, RecordLine line)
    {
        switch (line.Step)
        {
            case Made:
                Of(_makers, line.Value).Add(node);
                break;
            case Extended when line.From is { } from:
                if (!_extensions.TryGetValue(line.Value, out var extensions))
                {
                    _extensions.Add(line.Value, extensions = []);
                }

                extensions.Add((node, from));
                break;
            case Accepted:
                Of(_accepted, (node, $"{line.Value[..NumberDigits]}@{line.Link}")).Add(line.Value);
                break;
        }
    }

    private static HashSet<string> Of<T>(Dictionary<T, HashSet<string>> sets, T key)
        where T : notnull
    {
        if (!sets.TryGetValue(key, out var set))
        {
            sets.Add(key, set = []);
        }

        return set;
    }
}
