using Veil.Content.Stripes;

namespace Veil.Content.Fetching;

/// <summary>How to read.</summary>
public sealed record ReaderOptions
{
    /// <summary>Stripes fetched ahead of the one being written: with 16 shares each, 96 shares in flight.</summary>
    public int StripesAhead { get; init; } = 6;

    /// <summary>
    /// Stripes fetched beyond the end of a range: a player's next range, and a blur over what was asked.
    /// </summary>
    public int StripesBeyond { get; init; } = 1;

    /// <summary>Decoded stripes kept: 512 KiB each; the window and as much again for ranges that come back.</summary>
    public int MaxStripesInMemory { get; init; } = 12;

    /// <summary>Shares on their way at a time, over all stripes of one object.</summary>
    public int MaxSharesInFlight { get; init; } = 128;

    /// <summary>Inner nodes kept in memory: 32 KiB each; 64 cover 1 GiB.</summary>
    public int MaxNodesInMemory { get; init; } = 64;

    /// <summary>
    /// Stores that one share is looked for at. When a third of 48 stores is gone, places move for most of what is left:
    /// within four stores as few as 15 shares of a stripe are found, within 16 at least 23 (spec/stripe.md, section 7).
    /// </summary>
    public int MaxStoresPerShare { get; init; } = Placement.StoresLookedAt;

    /// <summary>Stores that a block in copies is looked for at.</summary>
    public int MaxStoresPerCopy { get; init; } = 20;

    /// <summary>
    /// How long stores that fail are asked again after the last share that came: a guard that failed rests for 30 s,
    /// and a trunk through the other takes some seconds under load.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(45);
}
