namespace Veil.Node.Names;

/// <summary>How a node resolves and follows names (spec/name.md, section 7).</summary>
public sealed record NameOptions
{
    /// <summary>So long a name that was resolved for somebody is not asked for again for the same.</summary>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The shortest time between two rounds for a name that is followed or was published here.</summary>
    public TimeSpan ShortestRound { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>The longest; each is drawn anew.</summary>
    public TimeSpan LongestRound { get; init; } = TimeSpan.FromMinutes(120);

    /// <summary>At a lab's pace.</summary>
    public static NameOptions ForEpoch(TimeSpan epoch) =>
        new() { Fresh = TimeSpan.FromSeconds(1), ShortestRound = 5 * epoch, LongestRound = 10 * epoch };
}
