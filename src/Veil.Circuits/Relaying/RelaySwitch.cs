using Veil.Circuits.Legs;
using Veil.Circuits.Onion;
using Veil.Circuits.Streams;
using Veil.Links.Handshake;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// A relay's part in all its circuits: answers CREATE, extends circuits over its links to other relays, and hands
/// streams
/// that end here to the services that the node offers.
/// </summary>
public sealed class RelaySwitch
{
    // Of the handshake's ephemeral public key, which message 1 begins with: enough to know a CREATE again.
    private const int EphemeralShown = 16;

    private readonly RelayId _local;
    private readonly Func<ulong, StaticKeyPair?> _onionKeys;
    private readonly LinkPool _links;
    private readonly Func<RelayId, RelayAddress?> _lookUp;
    private readonly Func<CircuitStream, bool> _accept;
    private readonly Promise<bool> _drained = new();
    private int _count;
    private int _draining;

    /// <param name="context">What the node's circuits share.</param>
    /// <param name="local">This relay.</param>
    /// <param name="onionKeys">The private key for an onion-key id, or null when it is not, or no longer, ours.</param>
    /// <param name="links">Links to other relays.</param>
    /// <param name="directory">Where relays are, and which services streams may open here.</param>
    public RelaySwitch(
        CircuitContext context,
        RelayId local,
        Func<ulong, StaticKeyPair?> onionKeys,
        LinkPool links,
        (Func<RelayId, RelayAddress?> LookUp, Func<CircuitStream, bool> Accept) directory)
    {
        Context = context;
        _local = local;
        _onionKeys = onionKeys;
        _links = links;
        (_lookUp, _accept) = directory;
        links.OnCreate = OnCreate;
    }

    private bool IsDraining => Volatile.Read(ref _draining) != 0;

    /// <summary>Circuits that end at or pass through this relay.</summary>
    public int Count => Volatile.Read(ref _count);

    internal CircuitContext Context { get; }

    internal bool TryAccept(CircuitStream stream) => _accept(stream);

    internal void Forget()
    {
        if (Interlocked.Decrement(ref _count) == 0 && IsDraining)
        {
            _drained.TryKeep(true);
        }
    }

    /// <summary>
    /// Takes no new circuits and no new links, waits until the circuits of others are gone or <paramref name="limit"/>
    /// is over, then closes the links (spec/circuit.md, section 5). Once; who calls also unbinds the listener.
    /// </summary>
    /// <param name="limit">How long circuits may go on; zero closes at once.</param>
    /// <param name="cancellationToken">Waits no longer: closes now.</param>
    public async Task DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _draining, 1);
        _links.StopAccepting();
        if (Count > 0)
        {
            using var timeout = new CancellationTokenSource(limit, Context.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            try
            {
                await _drained.WaitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                // Their time is over: they end with the links.
            }
        }

        await _links.DisposeAsync();
    }

    /// <summary>Extends a circuit; the outcome reaches it later. Reading task of the circuit's inner leg.</summary>
    internal void Extend(RelayCircuit circuit, Branch branch, ExtendRequest request, int position, RelayId? previous)
    {
        if (request.Relay == _local || request.Relay == previous || _lookUp(request.Relay) is not { } address)
        {
            circuit.EndBranch(branch, MessageType.ExtendFailed);
            return;
        }

        if (!Context.Scope.Start(stopping => ExtendAsync(circuit, branch, request, (position, address), stopping)))
        {
            circuit.EndBranch(branch, MessageType.ExtendFailed);
        }
    }

    private async Task ExtendAsync(
        RelayCircuit circuit,
        Branch branch,
        ExtendRequest request,
        (int Position, RelayAddress Address) next,
        CancellationToken stopping)
    {
        // It is not open yet, because nobody was asked.
        var opening = branch.Opening!;
        using var timeout = new CancellationTokenSource(Context.Options.ExtendTimeout, Context.Time);

        // A client that gives up may ask again at once, so nothing of this may stay behind.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping, opening.Ended);
        try
        {
            var link = await _links.GetAsync(next.Address, either.Token);
            if (!branch.IsClosed && link.TryOpen(branch) is { } leg)
            {
                // CREATE stands in the leg before anyone can close it: its DESTROY must not come first.
                var command = Context.Pool.Rent();
                CreateBody.WriteCreate(command.Cell, leg.Id, next.Position, request.OnionKeyId, request.Message.Span);
                Context.OnCircuit?.Invoke(
                    new CircuitSighting(CircuitStep.Extended, leg.Id, link.Peer.EndPoint) { From = circuit.Inner },
                    request.Message.Span[..EphemeralShown]);
                leg.Send(command);
                branch.Attach(leg);
                await opening.AnsweredAsync(either.Token);
                return;
            }
        }
        catch (Exception fault) when (fault is LinkRefusedException or OperationCanceledException)
        {
            // No link, or no answer to CREATE in time.
        }

        circuit.EndBranch(branch, MessageType.ExtendFailed);
    }

    private CloseReason OnCreate(LinkCircuits link, CircuitId id, byte[] body)
    {
        if (!CreateBody.TryReadCreate(body, out int position, out ulong keyId, out var message))
        {
            return CloseReason.Malformed;
        }

        // What is cheap to refuse is refused before the handshake is paid for.
        if (RefusalOf(link) is var reason && reason != CloseReason.None)
        {
            Context.Counters.Count(reason);
            link.Refuse(id);
            return CloseReason.None;
        }

        // Counted before it is made, so that several links together do not pass the bound.
        bool hasPlace = Interlocked.Increment(ref _count) <= Context.Limits.Now.MaxCircuits;
        var circuit = hasPlace && _onionKeys(keyId) is { } key
            ? TryAnswer((key, keyId), position, message, out var answer)
            : Refuse(out answer);
        var leg = circuit is null ? null : link.TryAdd(id, circuit);
        if (circuit is null || leg is null)
        {
            Forget();
            Context.Counters.Count(circuit is null && hasPlace ? CloseReason.HandshakeFailed
                : CloseReason.ResourceLimit);
            circuit?.Discard();
            link.Refuse(id);
            return CloseReason.None;
        }

        Context.OnCircuit?.Invoke(
            new CircuitSighting(CircuitStep.Accepted, id, link.Peer.EndPoint), message[..EphemeralShown]);
        circuit.Attach(leg);
        var command = Context.Pool.Rent();
        CreateBody.WriteCreated(command.Cell, id, answer);
        leg.Send(command);
        if (Context.Limits.Paused)
        {
            // Paused meanwhile, and whoever closed the circuits may have missed this one.
            leg.Close(CloseReason.Paused);
        }

        return CloseReason.None;
    }

    private CloseReason RefusalOf(LinkCircuits link)
    {
        if (IsDraining)
        {
            return CloseReason.Stopping;
        }

        if (Context.Limits.Paused)
        {
            return CloseReason.Paused;
        }

        return link.HasRoom ? CloseReason.None : CloseReason.ResourceLimit;
    }

    private static RelayCircuit? Refuse(out byte[] answer)
    {
        answer = [];
        return null;
    }

    private RelayCircuit? TryAnswer(
        (StaticKeyPair Key, ulong Id) onionKey,
        int position,
        ReadOnlySpan<byte> message,
        out byte[] answer)
    {
        answer = new byte[HopHandshake.SecondBytes];
        if (message.Length != HopHandshake.FirstBytes)
        {
            return null;
        }

        using var handshake = HopHandshake.Respond(Context.Network, _local, onionKey, position, Context.Secrets);
        if (!handshake.TryReadMessage(message, [], out _))
        {
            return null;
        }

        handshake.WriteMessage([], answer);
        return HopCiphers.TryCreate(handshake, Context.Slab, position, Context.Options.CellsPerKey) is { } ciphers
            ? new RelayCircuit(this, ciphers)
            : null;
    }
}
