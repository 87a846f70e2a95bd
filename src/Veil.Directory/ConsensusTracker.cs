using Veil.Directory.Documents;
using Veil.Wire.Documents;

namespace Veil.Directory;

/// <summary>What became of an offered consensus.</summary>
public enum ConsensusOffer
{
    /// <summary>It is the current one now.</summary>
    Accepted,

    /// <summary>It is of the current epoch or an older one.</summary>
    NotNewer,

    /// <summary>It is over, or of an epoch that is far from beginning.</summary>
    NotLive,

    /// <summary>It does not verify.</summary>
    Refused,
}

/// <summary>
/// Keeps the newest consensus; epochs never go back (spec/directory.md, section 4). No I/O and no clock: whoever
/// fetches or persists documents offers them here. Not for concurrent use.
/// </summary>
public sealed class ConsensusTracker
{
    private readonly NetworkDefinition _network;

    /// <summary>Knows nothing yet.</summary>
    public ConsensusTracker(NetworkDefinition network)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
    }

    /// <summary>The newest consensus that was live when it was taken; null before the first.</summary>
    public Consensus? Current { get; private set; }

    /// <summary>
    /// The newest consensus that verified, live or not: where the clock is wrong or the node was off for long, it still
    /// says where relays are, and may become live. Null before the first.
    /// </summary>
    public Consensus? Newest { get; private set; }

    /// <summary>The epoch to ask "newer than" with: 0 before the first.</summary>
    public ulong KnownEpoch => Newest?.Epoch ?? 0;

    /// <summary>Why the last <see cref="ConsensusOffer.Refused"/> was refused.</summary>
    public ConsensusFault LastFault { get; private set; }

    /// <summary>Verifies <paramref name="bytes"/>, which must not change afterwards, and keeps what is newer.</summary>
    public ConsensusOffer Offer(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        LastFault = ConsensusDocument.TryOpen(bytes, _network, out var document);
        if (document is null)
        {
            return ConsensusOffer.Refused;
        }

        if (document.Header.Epoch <= KnownEpoch)
        {
            return ConsensusOffer.NotNewer;
        }

        Newest = new Consensus(document, _network);
        return TakeNewest(now) ? ConsensusOffer.Accepted : ConsensusOffer.NotLive;
    }

    /// <summary>Makes the newest one current if it has become live: the time came, or the clock was
    /// corrected.</summary>
    /// <returns>Whether there is another current one now.</returns>
    public bool TakeNewest(DateTimeOffset now)
    {
        if (Newest is not { } newest || newest == Current || !newest.IsLive(now))
        {
            return false;
        }

        Current = newest;
        return true;
    }
}
