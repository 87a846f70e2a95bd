namespace Veil.Content.Stores;

/// <summary>How a client asks stores (spec/limits.md).</summary>
public sealed record StoreClientOptions
{
    /// <summary>One request at most, connecting included; then another store is asked.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>One request at least, where stores usually answer at once: a disk may be busy for a while.</summary>
    public TimeSpan ShortestTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Days for which a store is asked to keep a block.</summary>
    public ushort LeaseDays { get; init; } = 60;

    /// <summary>The most that is paid, in hashes for each day of a block's lease: a store that asks for more is passed
    /// over.</summary>
    public uint MaxPrice { get; init; } = 4096;

    /// <summary>Connections to stores, over all groups; beyond it the older half is closed.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>A connection that nobody asked for so long is closed; more than <see cref="RequestTimeout"/>.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
