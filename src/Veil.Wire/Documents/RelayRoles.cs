namespace Veil.Wire.Documents;

/// <summary>What a relay offers (spec/directory.md, section 2). Guard is the authorities' to give.</summary>
[Flags]
public enum RelayRoles
{
    /// <summary>Nothing; not allowed in a descriptor.</summary>
    None = 0,

    /// <summary>Extends circuits.</summary>
    Relay = 1,

    /// <summary>Keeps blocks.</summary>
    Store = 2,

    /// <summary>Opens connections to the outside.</summary>
    Exit = 4,

    /// <summary>Every role that this version knows.</summary>
    All = Relay | Store | Exit,
}

/// <summary>What the authorities say of a relay in its leaf (spec/directory.md, section 3).</summary>
[Flags]
public enum RelayFlags
{
    /// <summary>Nothing: known, but away or on probation.</summary>
    None = 0,

    /// <summary>Extends circuits; the only one that gives a relay weight.</summary>
    Relay = 1,

    /// <summary>Fit to be a first hop.</summary>
    Guard = 2,

    /// <summary>Stands on the ring.</summary>
    Store = 4,

    /// <summary>Opens connections to the outside.</summary>
    Exit = 8,

    /// <summary>Its weight is at least the median.</summary>
    Fast = 16,

    /// <summary>Every flag that this version knows.</summary>
    All = Relay | Guard | Store | Exit | Fast,
}
