namespace Veil.Node.Stores;

/// <summary>How fast a store hands its blocks over (spec/store.md, section 12).</summary>
public sealed record DrainOptions
{
    /// <summary>Bytes per second at most.</summary>
    public long Rate { get; init; } = 4L << 20;

    /// <summary>Before blocks that no store took are offered anew.</summary>
    public TimeSpan PauseBetweenPasses { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Blocks under way.</summary>
    public int InFlight { get; init; } = 8;

    /// <summary>Slots whose blocks are shuffled together; what is offered again after a restart.</summary>
    public int WindowSlots { get; init; } = 1024;
}
