using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Auditing;

/// <summary>A node with what it recorded.</summary>
/// <param name="Name">As in net.json.</param>
/// <param name="Address">Its own.</param>
/// <param name="Roles">As in net.json.</param>
/// <param name="Lines">Its recording, in its order; null when there is none.</param>
internal sealed record AuditNode(
    string Name,
    string Address,
    IReadOnlyList<string> Roles,
    IReadOnlyList<RecordLine>? Lines)
{
    /// <summary>How many of the lines were there before any other node's were read for good: what led to these is in
    /// somebody's lines. The later ones are only used to explain others'.</summary>
    internal int Settled { get; init; } = Lines?.Count ?? 0;

    /// <summary>Lines that are no lines of a recording.</summary>
    internal int Unreadable { get; init; }

    /// <summary>Bytes of files that were searched for the clients' keys.</summary>
    internal long SearchedBytes { get; init; }

    /// <summary>Files of this node that hold a client's key.</summary>
    internal IReadOnlyList<string> FilesWithKeys { get; init; } = [];

    /// <summary>Whether its address is a user's: it accepts no links.</summary>
    internal bool IsClient => Roles is [NodeRole.Gateway];

    /// <summary>Whether it keeps blocks.</summary>
    internal bool IsStore => Roles.Contains(NodeRole.Store);

    /// <summary>Whether it signs the list of relays.</summary>
    internal bool IsAuthority => Roles.Contains(NodeRole.Authority);

    /// <summary>The lines that are judged.</summary>
    internal IEnumerable<RecordLine> SettledLines => (Lines ?? []).Take(Settled);

    /// <summary>Lines of one kind, all of them.</summary>
    internal IEnumerable<RecordLine> Of(string saw) => (Lines ?? []).Where(line => line.Saw == saw);
}
