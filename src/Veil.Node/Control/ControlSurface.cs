using Veil.Node.Status;
using Veil.Storage.State;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Node.Control;

/// <summary>What the control API acts on: a node, and what its host knows beyond it (spec/control.md).</summary>
public sealed record ControlSurface
{
    /// <summary>The node. Not disposed here.</summary>
    public required VeilNode Node { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Local ids of publications.</summary>
    public required DecisionSource Decisions { get; init; }

    /// <summary>Publications at a time; beyond it a client is told to come again. Each holds some 6 MiB of stripes and
    /// keeps trunks of its own (spec/control.md, section 5).</summary>
    public int MaxPublications { get; init; } = 4;

    /// <summary>Where publications are remembered; null remembers none. Not disposed here.</summary>
    public INodeState? State { get; init; }

    /// <summary>True from the moment at which the host begins to stop.</summary>
    public Func<bool> IsStopping { get; init; } = static () => false;

    /// <summary>What the host and the node's parts know to be wrong, for status.</summary>
    public Func<IReadOnlyList<StatusProblem>> Problems { get; init; } = static () => [];

    /// <summary>The settings that hold now, by <c>Section:Key</c>.</summary>
    public Func<IReadOnlyDictionary<string, string>> CurrentSettings { get; init; } =
        static () => new Dictionary<string, string>();

    /// <summary>Changes a setting, given as name (<c>Section:Key</c>) and value. Any thread.</summary>
    public Func<string, string, SettingOutcome> SetSetting { get; init; } =
        static (_, _) => new SettingOutcome(
            SettingResult.Unavailable, "this node has no settings file", "start it with veil run");

    /// <summary>
    /// Denies content at this node from now on (spec/store.md, section 8), given the root reference of its key: true
    /// when it was not denied before. Throws <see cref="IOException"/>. Null where there is no denylist.
    /// </summary>
    public Func<BlockRef, bool>? Deny { get; init; }
}

/// <summary>How a change of a setting ended.</summary>
/// <param name="Result">The kind.</param>
/// <param name="Message">For a person: what is wrong, or empty.</param>
/// <param name="Hint">For a person: what to do, or empty.</param>
public sealed record SettingOutcome(SettingResult Result, string Message = "", string Hint = "");

/// <summary>Kinds of <see cref="SettingOutcome"/>.</summary>
public enum SettingResult
{
    /// <summary>It holds now.</summary>
    Applied,

    /// <summary>It is written down and holds from the next start.</summary>
    AfterRestart,

    /// <summary>There is no setting of that name.</summary>
    UnknownName,

    /// <summary>The value is none for this setting.</summary>
    BadValue,

    /// <summary>A flag or a variable of the environment sets it, and wins.</summary>
    Overridden,

    /// <summary>Settings cannot be changed here, or could not be written.</summary>
    Unavailable,
}
