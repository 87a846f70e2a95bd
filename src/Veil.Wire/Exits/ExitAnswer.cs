using System.Diagnostics.CodeAnalysis;

namespace Veil.Wire.Exits;

/// <summary>What an exit answers to a request (spec/exit.md, section 2).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum ExitAnswer : byte
{
    /// <summary>What follows comes from the target.</summary>
    Connected = 0,

    /// <summary>It failed, of a cause without a name of its own.</summary>
    Failed = 1,

    /// <summary>The exit's policy, or what no policy allows.</summary>
    Policy = 2,

    /// <summary>The name has no address.</summary>
    NotFound = 3,

    /// <summary>The target refused the connection.</summary>
    Refused = 4,

    /// <summary>No way leads to the target.</summary>
    Unreachable = 5,

    /// <summary>No answer in time.</summary>
    TimedOut = 6,

    /// <summary>A bound of the exit is reached.</summary>
    Busy = 7,
}
