using Veil.Circuits.Client;
using Veil.Directory;
using Veil.Directory.Paths;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Directory;

/// <summary>
/// Whom a node asks for a consensus, and in which order (spec/directory.md, section 9). A client shows its address to
/// as few as possible: its guards, who know it anyway; then the authorities, who are always the same; and only when
/// none of them answers, a few fixed relays of its list.
/// </summary>
internal sealed class ConsensusSources(
    NetworkDefinition network,
    DirectoryClient client,
    NetworkView view,
    (TimeProvider Time, DecisionSource Decisions) seams)
{
    /// <summary>Relays besides the guards that a node ever asks while it runs.</summary>
    internal const int MaxOthers = 6;

    /// <summary>Of them in one round.</summary>
    internal const int OthersPerRound = 3;

    private const int ListEpochs = 24;
    private static readonly TimeSpan ShortestListLife = TimeSpan.FromDays(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly List<RelayId> _others = [];
    private int _nextOther;

    /// <summary>Whether the node is a client only.</summary>
    internal required bool IsClient { get; init; }

    /// <summary>This node, if it is in the network: it does not ask itself.</summary>
    internal RelayId? Self { get; init; }

    /// <summary>How long an expired list still says where relays are: 24 epochs, at least three days.</summary>
    internal static TimeSpan ListLife(NetworkDefinition network)
    {
        var epochs = TimeSpan.FromSeconds((double)network.EpochSeconds * ListEpochs);
        return epochs > ShortestListLife ? epochs : ShortestListLife;
    }

    /// <summary>At a client: its guards, as far as the list shows them. True when that was enough.</summary>
    internal async Task<bool> AskGuardsAsync(AskRound round, CancellationToken cancellationToken)
    {
        foreach (var guard in IsClient && round.List is { } list ? view.GuardsIn(list) : [])
        {
            var answer = await client.AskAsync(guard, round.Known, cancellationToken);
            view.Report(guard.Identity, answer.IsThere);
            if (answer.IsThere && round.Take(answer))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The authorities in random order, with growing pauses after those that do not answer. True when that was
    /// enough.</summary>
    internal async Task<bool> AskAuthoritiesAsync(AskRound round, CancellationToken cancellationToken)
    {
        AuthorityDefinition[] authorities = [.. network.Authorities.Where(authority => authority.Identity != Self)];
        seams.Decisions.Shuffle<AuthorityDefinition>(authorities);
        var pause = TimeSpan.FromSeconds(Math.Clamp(network.EpochSeconds / 500.0, 0.05, 5));
        foreach (var authority in authorities)
        {
            var answer = await client.AskAsync(
                authority, DirectoryMessageType.GetConsensus, round.Known, cancellationToken);
            if (answer.IsThere)
            {
                round.AuthorityAnswered = true;
                if (round.Take(answer))
                {
                    return true;
                }

                continue;
            }

            await Task.Delay(pause, seams.Time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        return false;
    }

    /// <summary>A few relays of the list, the same ones as long as the node runs.</summary>
    internal async Task AskOthersAsync(AskRound round, CancellationToken cancellationToken)
    {
        if (round.List is not { } list)
        {
            return;
        }

        Choose(list);
        for (int count = 0; count < Math.Min(OthersPerRound, _others.Count); count++)
        {
            var other = _others[_nextOther++ % _others.Count];
            if (list.TryGet(other, out var entry))
            {
                var answer = await client.AskAsync(entry, round.Known, cancellationToken);
                if (answer.IsThere && round.Take(answer))
                {
                    return;
                }
            }
        }
    }

    private void Choose(Consensus list)
    {
        _others.RemoveAll(relay => !list.TryGet(relay, out _));
        var picker = new RelayPicker(list, seams.Decisions);
        while (_others.Count < MaxOthers && picker.Pick(entry => entry.Has(RelayFlags.Relay)
            && entry.Identity != Self && !_others.Contains(entry.Identity)) is { } picked)
        {
            _others.Add(picked.Identity);
        }
    }
}
