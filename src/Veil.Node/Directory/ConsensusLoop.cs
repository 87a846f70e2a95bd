using System.Buffers.Binary;
using Veil.Circuits.Client;
using Veil.Directory;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Directory;

/// <summary>
/// Keeps a node's consensus fresh, soon after each is made, with pauses that grow when none answers (spec/directory.md,
/// section 8). Relays ask the authorities in random order. A client does so only without a live consensus: then it asks
/// its guards, who know its address anyway.
/// </summary>
internal sealed class ConsensusLoop(
    NetworkDefinition network,
    DirectoryClient client,
    NetworkView view,
    (TimeProvider Time, DecisionSource Decisions) seams)
{
    private const int MaxPauseShift = 6;

    private readonly ConsensusTracker _tracker = new(network);

    /// <summary>Whether the node is a client only.</summary>
    internal required bool IsClient { get; init; }

    /// <summary>Takes a consensus that came another way: an authority's own.</summary>
    internal void Offer(ReadOnlyMemory<byte> bytes)
    {
        lock (_tracker)
        {
            if (_tracker.Offer(bytes, seams.Time.GetUtcNow()) != ConsensusOffer.Accepted)
            {
                return;
            }

            view.Update(_tracker.Current!);
        }
    }

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        int failures = 0;
        while (true)
        {
            ulong before = KnownEpoch;
            if (seams.Time.GetUtcNow() >= NextDue())
            {
                await AskAllAsync(cancellationToken);
                failures = KnownEpoch > before ? 0 : Math.Min(failures + 1, MaxPauseShift);
            }
            else
            {
                // An authority's own consensus came meanwhile.
                failures = 0;
            }

            var wait = KnownEpoch > before || failures == 0 ? NextDue() - seams.Time.GetUtcNow() : Pause(failures);
            await Task.Delay(wait > TimeSpan.Zero ? wait : Pause(1), seams.Time, cancellationToken);
        }
    }

    private ulong KnownEpoch
    {
        get
        {
            lock (_tracker)
            {
                return _tracker.KnownEpoch;
            }
        }
    }

    // A consensus is made in the last third of the epoch before its own: whoever asks at random in its last fifth
    // finds it.
    private DateTimeOffset NextDue()
    {
        lock (_tracker)
        {
            if (_tracker.Current is not { } current)
            {
                return DateTimeOffset.MinValue;
            }

            var epoch = TimeSpan.FromSeconds(network.EpochSeconds);
            double part = 0.8 + (0.2 * (seams.Decisions.NextBelow(1000) / 1000.0));
            return current.ValidAfter + (part * epoch);
        }
    }

    // A twentieth of an epoch, doubling, up to three epochs: prompt in a lab, quiet in the world.
    private TimeSpan Pause(int failures)
    {
        double first = Math.Max(network.EpochSeconds / 20.0, 0.1);
        double jitter = 0.75 + (seams.Decisions.NextBelow(500) / 1000.0);
        return TimeSpan.FromSeconds(Math.Min(first * Math.Pow(2, failures - 1) * jitter, network.EpochSeconds * 3.0));
    }

    private async Task AskAllAsync(CancellationToken cancellationToken)
    {
        var known = new byte[sizeof(ulong)];
        ulong before = KnownEpoch;
        BinaryPrimitives.WriteUInt64BigEndian(known, before);
        foreach (var guard in IsClient ? view.Guards() : [])
        {
            var copy = await client.AskAsync(guard, known, cancellationToken);
            if (copy?.Type == DirectoryMessageType.Consensus)
            {
                Offer(copy.Body);
            }

            if (KnownEpoch > before)
            {
                return;
            }
        }

        // As long as the present list can be used, no one else learns that this client is here.
        // Guards that fail for the moment do not change that.
        if (IsClient && view.Consensus is { } present && present.IsLive(seams.Time.GetUtcNow()))
        {
            return;
        }

        var authorities = network.Authorities.ToArray();
        seams.Decisions.Shuffle<AuthorityDefinition>(authorities);
        foreach (var authority in authorities)
        {
            var answer = await client.AskAsync(authority, DirectoryMessageType.GetConsensus, known, cancellationToken);
            if (answer?.Type == DirectoryMessageType.Consensus)
            {
                Offer(answer.Body);
                if (KnownEpoch > before)
                {
                    return;
                }
            }
        }
    }
}
