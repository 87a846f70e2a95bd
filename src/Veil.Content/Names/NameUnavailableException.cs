namespace Veil.Content.Names;

/// <summary>A name cannot be resolved, or must not be believed (spec/name.md, section 6).</summary>
public sealed class NameUnavailableException(NameFault fault, string message) : Exception(message)
{
    /// <summary>Which of these.</summary>
    public NameFault Fault => fault;
}

/// <summary>Why a name cannot be resolved.</summary>
public enum NameFault
{
    /// <summary>The stores that answered have no record of it.</summary>
    NotFound,

    /// <summary>Too few of its stores answered to say anything.</summary>
    Unreachable,

    /// <summary>All that was found is older than what was seen before.</summary>
    RolledBack,

    /// <summary>Two contents are signed under one sequence number.</summary>
    Forked,
}
