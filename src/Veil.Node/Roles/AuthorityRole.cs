using Veil.Directory.Authorities;
using Veil.Links.Tasks;
using Veil.Node.Directory;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Roles;

/// <summary>Drives an <see cref="AuthorityCore"/>: its deadlines, its messages to the others, what it
/// publishes.</summary>
internal sealed class AuthorityRole
{
    private readonly NetworkDefinition _network;
    private readonly AuthorityCore _core;
    private readonly DirectoryClient _client;
    private readonly ConsensusLoop _consensus;
    private readonly TimeProvider _time;
    private readonly TaskScope _scope;
    private readonly int _own;

    internal AuthorityRole(
        NodeOptions options,
        NodeKeys keys,
        (TimeProvider Time, DecisionSource Decisions) seams,
        (DirectoryClient Client, ConsensusLoop Consensus) directory,
        TaskScope scope)
    {
        _network = options.Network;
        _core = new AuthorityCore(
            new AuthorityOptions { Network = options.Network, Identity = keys.Identity },
            seams.Decisions);
        (_client, _consensus) = directory;
        _time = seams.Time;
        _scope = scope;
        _own = _network.IndexOf(keys.Relay);
        Responder = new DirectoryResponder(_core);
    }

    /// <summary>Held while the core is used: streams and deadlines come on different threads.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Answers streams.</summary>
    internal DirectoryResponder Responder { get; }

    /// <summary>Advances the core at its deadlines.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            lock (Gate)
            {
                var now = _time.GetUtcNow();
                _core.Advance(now);
                wait = _core.NextDeadline(now) - now;
            }

            Drain();
            await Task.Delay(wait, _time, cancellationToken);
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
                if (!_core.TryTake(out output))
                {
                    return;
                }
            }

            switch (output.Action)
            {
                case AuthorityAction.SendVote:
                    SendToOthers(DirectoryMessageType.Vote, output.Bytes);
                    break;
                case AuthorityAction.SendSignature:
                    SendToOthers(DirectoryMessageType.Signature, output.Bytes);
                    break;
                case AuthorityAction.FetchConsensus:
                    _scope.Start(FetchAsync);
                    break;
                default:
                    _consensus.Offer(output.Bytes);
                    break;
            }
        }
    }

    private void SendToOthers(DirectoryMessageType type, ReadOnlyMemory<byte> bytes)
    {
        foreach (var authority in _network.Authorities.Where((_, index) => index != _own))
        {
            _scope.Start(token => _client.AskAsync(authority, type, bytes, token));
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        foreach (var authority in _network.Authorities.Where((_, index) => index != _own))
        {
            var known = new byte[sizeof(ulong)];
            var answer = await _client.AskAsync(authority, DirectoryMessageType.GetConsensus, known, cancellationToken);
            if (answer?.Type == DirectoryMessageType.Consensus)
            {
                lock (Gate)
                {
                    _core.OnConsensus(answer.Body, _time.GetUtcNow());
                }

                Drain();
            }
        }
    }
}
