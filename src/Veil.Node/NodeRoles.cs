namespace Veil.Node;

/// <summary>What a node does for itself and others; any set of them.</summary>
[Flags]
public enum NodeRoles
{
    /// <summary>Only a client: publishes and fetches.</summary>
    None = 0,

    /// <summary>Votes on the list of relays.</summary>
    Authority = 1,

    /// <summary>Extends circuits.</summary>
    Relay = 2,

    /// <summary>Keeps blocks. A store is a relay that others reach at the end of a branch.</summary>
    Store = 4,

    /// <summary>Serves the local user through SOCKS.</summary>
    Gateway = 8,

    /// <summary>Carries streams on to the ordinary internet. An exit is a relay that others reach at the end of a
    /// branch.</summary>
    Exit = 16,
}
