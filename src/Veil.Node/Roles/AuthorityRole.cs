using Veil.Directory.Authorities;
using Veil.Links.Tasks;
using Veil.Node.Directory;
using Veil.Storage.State;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Roles;

/// <summary>Drives an <see cref="AuthorityCore"/>: its deadlines, its messages to the others, what it
/// publishes (spec/directory.md, section 7).</summary>
internal sealed class AuthorityRole
{
    private readonly AuthorityOptions _options;
    private readonly NetworkDefinition _network;
    private readonly DirectoryClient _client;
    private readonly ConsensusLoop _consensus;
    private readonly NetworkHealth _health;
    private readonly IDocumentSlot? _voteSlot;
    private readonly TimeProvider _time;
    private readonly DecisionSource _decisions;
    private readonly TaskScope _scope;
    private readonly SteadyWait _wait;
    private readonly int _own;
    private AuthorityCore? _core;

    internal AuthorityRole(
        NodeOptions options,
        NodeKeys keys,
        NodeSeams seams,
        (DirectoryClient Client, ConsensusLoop Consensus, NetworkHealth Health) directory,
        TaskScope scope)
    {
        _network = options.Network;
        _options = new AuthorityOptions { Network = options.Network, Identity = keys.Identity };
        (_client, _consensus, _health) = directory;
        (_time, _decisions, _voteSlot) = (seams.Time, seams.Decisions, seams.VoteCache);
        _scope = scope;
        _wait = new SteadyWait(_network, _time);
        _own = _network.IndexOf(keys.Relay);
        _consensus.OnFetched = OnFetched;
    }

    /// <summary>Held while the core is used: streams and deadlines come on different threads.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Answers streams. After <see cref="LoadAsync"/>.</summary>
    internal DirectoryResponder Responder => new(Core);

    private AuthorityCore Core => _core ?? throw new InvalidOperationException("the authority is not loaded");

    /// <summary>Goes on where an earlier run stopped. Once, before all else.</summary>
    internal async Task LoadAsync(ReadOnlyMemory<byte> consensus, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> vote = default;
        bool unreadable = false;
        try
        {
            vote = _voteSlot is null ? default : await _voteSlot.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            unreadable = true;
        }

        var memory = new AuthorityMemory { Consensus = consensus, Vote = vote, VoteUnreadable = unreadable };
        _core = new AuthorityCore(_options, _decisions, memory);
        if (unreadable || !_core.RestoredVote)
        {
            _health.RoundLeftOut();
        }
    }

    /// <summary>Advances the core at its deadlines.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            lock (Gate)
            {
                var now = _time.GetUtcNow();
                Core.Advance(now);
                wait = Core.NextDeadline(now) - now;
            }

            Drain();
            await _wait.ForAsync(wait, null, cancellationToken);
        }
    }

    /// <summary>Carries out what the core wants done. After every event.</summary>
    internal void Drain()
    {
        while (true)
        {
            AuthorityOutput? output;
            lock (Gate)
            {
                if (!Core.TryTake(out output))
                {
                    return;
                }
            }

            switch (output.Action)
            {
                case AuthorityAction.SendVote:
                    _scope.Start(token => SendVoteAsync(output, token));
                    break;
                case AuthorityAction.SendSignature:
                    Send(DirectoryMessageType.Signature, output);
                    break;
                case AuthorityAction.FetchConsensus:
                    _scope.Start(token => FetchAsync(output.To, token));
                    break;
                default:
                    _consensus.Offer(output.Bytes);
                    break;
            }
        }
    }

    // On the disk first: after a crash this vote is the vote, and there is no other one.
    private async Task SendVoteAsync(AuthorityOutput output, CancellationToken cancellationToken)
    {
        try
        {
            if (_voteSlot is not null && output.To is null)
            {
                await _voteSlot.WriteAsync(output.Bytes, cancellationToken);
            }
        }
        catch (IOException fault)
        {
            _health.VoteNotSent(fault);
            return;
        }

        Send(DirectoryMessageType.Vote, output);
    }

    private void Send(DirectoryMessageType type, AuthorityOutput output)
    {
        for (int index = 0; index < _network.Authorities.Count; index++)
        {
            if (index != _own && (output.To is null || output.To == index))
            {
                int to = index;
                _scope.Start(token => DeliverAsync(to, type, output, token));
            }
        }
    }

    // Again and again, with growing pauses, until it is accepted or its time is over.
    private async Task DeliverAsync(
        int to, DirectoryMessageType type, AuthorityOutput output, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        var limit = output.Until - _time.GetUtcNow();
        var pause = TimeSpan.FromSeconds(Math.Max(_network.EpochSeconds / 100.0, 0.05));
        while (true)
        {
            var answer = await _client.AskAsync(_network.Authorities[to], type, output.Bytes, cancellationToken);
            if (answer.IsThere)
            {
                _health.VoteAnswered(to, answer.Refusal);
            }

            // The other's clock may be a little behind, so that our epoch has not begun there. The rest is final.
            bool isFinal = answer.IsThere && answer.Refusal is not (RefusalCode.WrongEpoch or RefusalCode.Full);
            var wait = pause * (0.75 + (_decisions.NextBelow(500) / 1000.0));
            if (isFinal || _time.GetElapsedTime(start) + wait >= limit)
            {
                return;
            }

            await Task.Delay(wait, _time, cancellationToken);
            pause *= 2;
        }
    }

    // The one who knows more first, then the others in random order, until one has what is missing here.
    private async Task FetchAsync(int? first, CancellationToken cancellationToken)
    {
        int[] others = [.. Enumerable.Range(0, _network.Authorities.Count).Where(index => index != _own)];
        _decisions.Shuffle<int>(others);
        foreach (int index in others.OrderBy(index => index == first ? 0 : 1))
        {
            var answer = await _client.AskAsync(
                _network.Authorities[index], DirectoryMessageType.GetConsensus, KnownEpoch(), cancellationToken);
            if (answer.Type == DirectoryMessageType.Consensus && Take(answer.Document))
            {
                return;
            }
        }
    }

    private void OnFetched(ReadOnlyMemory<byte> bytes) => Take(bytes);

    private bool Take(ReadOnlyMemory<byte> bytes)
    {
        bool isNewer;
        lock (Gate)
        {
            isNewer = Core.OnConsensus(bytes, _time.GetUtcNow());
        }

        Drain();
        return isNewer;
    }

    private byte[] KnownEpoch()
    {
        var known = new byte[sizeof(ulong)];
        lock (Gate)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(known, Core.Current?.Epoch ?? 0);
        }

        return known;
    }
}
