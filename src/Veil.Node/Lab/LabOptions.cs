namespace Veil.Node.Lab;

/// <summary>Size and pace of a network that lives in one process.</summary>
public sealed record LabOptions
{
    /// <summary>Directory authorities.</summary>
    public int Authorities { get; init; } = 3;

    /// <summary>Relays, stores among them.</summary>
    public int Relays { get; init; } = 9;

    /// <summary>How many of the relays are stores, too.</summary>
    public int Stores { get; init; } = 6;

    /// <summary>Length of an epoch, s.</summary>
    public int EpochSeconds { get; init; } = 4;
}

/// <summary>One member of a lab network, before it is a node.</summary>
/// <param name="Name">Unique in the network.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Index">0 for the first member, in the order in which they are made.</param>
public sealed record LabMember(string Name, NodeRoles Roles, int Index);

/// <summary>What a member is given.</summary>
/// <param name="Seams">All that comes in from outside.</param>
/// <param name="Address">Where it accepts links.</param>
public sealed record LabPlace(NodeSeams Seams, System.Net.IPEndPoint Address)
{
    /// <summary>Runs the member's code where it belongs: a simulated host has a scheduler of its own.</summary>
    public Func<Func<Task>, Task> Run { get; init; } = static work => work();
}
