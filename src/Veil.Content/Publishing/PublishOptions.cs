using Veil.Content.Stripes;

namespace Veil.Content.Publishing;

/// <summary>How to publish.</summary>
public sealed record PublishOptions
{
    /// <summary>
    /// True: the same bytes give the same blocks for everybody, so that stores keep them once, and so that anybody who
    /// guesses the bytes can confirm the guess. False, the default: a random secret per publication.
    /// </summary>
    public bool Convergent { get; init; }

    /// <summary>Parity of all stripes: what is stored of each byte, and how many stores may be lost.</summary>
    public ParityLevel Level { get; init; }

    /// <summary>Shares on their way at a time: 256 × 32 KiB at a round trip of 0.8 s is 10 MiB/s; stores gather what
    /// comes within 20 ms for one fsync.</summary>
    public int MaxSharesInFlight { get; init; } = 256;

    /// <summary>Stripes in memory, one of them being encoded: 1.5 MiB each; seven keep 256 shares in flight.</summary>
    public int MaxStripesInMemory { get; init; } = 8;

    /// <summary>Inner nodes and blocks of the map in memory: 32 KiB each.</summary>
    public int MaxCopiedBlocksInMemory { get; init; } = 8;

    /// <summary>Stores that one share is brought to before it is given up.</summary>
    public int MaxTriesPerShare { get; init; } = 8;

    /// <summary>
    /// When no store has acknowledged anything for so long although blocks were under way, the publication fails, at
    /// the latest one request's time limit later. Three time limits of a request: one slow round is no reason.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// How long stores that fail are asked again for a stripe or block of which too few shares or copies arrived.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Where to go on from; null begins anew.</summary>
    public PublishCheckpoint? From { get; init; }

    /// <summary>Told how far it is each time it came further; on any thread, quick, never twice at a time.</summary>
    public Action<PublishCheckpoint>? OnCheckpoint { get; init; }
}

/// <summary>How far a publication is.</summary>
/// <param name="BytesRead">Of the file.</param>
/// <param name="BytesTotal">Of the file.</param>
/// <param name="SharesAcknowledged">Shares and copies that a store has on disk.</param>
/// <param name="SharesTotal">Shares and copies there will be.</param>
public readonly record struct PublishProgress(
    long BytesRead,
    long BytesTotal,
    long SharesAcknowledged,
    long SharesTotal);
