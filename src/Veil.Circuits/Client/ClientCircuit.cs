using System.Buffers.Binary;
using Veil.Circuits.Legs;
using Veil.Circuits.Onion;
using Veil.Circuits.Streams;
using Veil.Links.Handshake;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Client;

/// <summary>
/// A circuit as its client sees it (spec/circuit.md): the layers of its hops, the branches of its last hop, and the
/// streams to its last hop. The guard link's reading task opens, its writing task seals; the rest is called from anywhere.
/// </summary>
public sealed class ClientCircuit : IDisposable
{
    // CREATE has no branch; its answer comes from "before the first hop".
    private const ushort NoBranch = 0;

    private readonly CircuitContext _context;
    private readonly ClientOnion _onion = new();
    private readonly ExtensionTable _extensions = new();
    private readonly StreamEnd _streams;
    private readonly RelayId[] _path;
    private readonly Lock _lock = new();
    private Leg? _leg;
    private int _closeReason;

    // Under the lock.
    private readonly Queue<(int Hop, MessageType Type, byte[] Data)> _control = new();
    private ushort _lastBranch;

    // Replaced under the lock, read by any task.
    private ClientBranch[] _branches = [];

    // Writing task.
    private int _turn;

    private ClientCircuit(CircuitContext context, RelayId[] path)
    {
        _context = context;
        _path = path;
        _streams = new StreamEnd(context.Options, context.Time, null, MarkReady);
    }

    /// <summary>The relays of the path, guard first.</summary>
    public IReadOnlyList<RelayId> Path => _path;

    /// <summary>Why it closed, or none.</summary>
    public CloseReason ClosedBy => (CloseReason)Volatile.Read(ref _closeReason);

    /// <summary>Whether it is of no use any more.</summary>
    public bool IsClosed => ClosedBy != CloseReason.None;

    /// <summary>Open branches.</summary>
    public int BranchCount => Volatile.Read(ref _branches).Length;

    /// <summary>Builds a circuit through 1 to 3 hops by telescoping.</summary>
    /// <param name="context">What the node's circuits share.</param>
    /// <param name="links">A client's links.</param>
    /// <param name="guard">Where the first hop is.</param>
    /// <param name="path">The hops, guard first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CircuitFailedException">A hop cannot be reached or does not answer in time.</exception>
    public static async Task<ClientCircuit> BuildAsync(
        CircuitContext context,
        LinkPool links,
        RelayAddress guard,
        IReadOnlyList<HopTarget> path,
        CancellationToken cancellationToken)
    {
        var circuit = new ClientCircuit(context, [.. path.Select(hop => hop.Relay)]);
        try
        {
            var link = await links.GetAsync(guard, cancellationToken);
            await circuit.CreateAsync(link, path[0], cancellationToken);
            for (int position = 2; position <= path.Count; position++)
            {
                await circuit.ExtendAsync(path[position - 1], (position, new BranchId(1)), circuit._onion.Add, cancellationToken);
            }

            return circuit;
        }
        catch (LinkRefusedException refused)
        {
            circuit.Dispose();
            throw new CircuitFailedException(refused.Reason, guard.Target.Relay);
        }
        catch
        {
            circuit.Dispose();
            throw;
        }
    }

    /// <summary>Adds a branch at the last hop.</summary>
    /// <exception cref="CircuitFailedException">The hop cannot be reached or does not answer in time, or the circuit closed.</exception>
    public async Task<ClientBranch> BranchAsync(HopTarget target, CancellationToken cancellationToken)
    {
        var number = NextBranch();
        ClientBranch? branch = null;
        await ExtendAsync(target, (_onion.Count + 1, number), ciphers => branch = AddBranch(target, number, ciphers), cancellationToken);
        return branch!;
    }

    /// <summary>Opens a stream to a service at the last hop.</summary>
    /// <exception cref="StreamResetException">The circuit is closed or full.</exception>
    public CircuitStream Open(ServiceId service) => _streams.Open(service);

    /// <summary>Closes the circuit. Any thread, idempotent.</summary>
    public void Dispose() => Close(CloseReason.Done);

    internal void CloseBranch(ClientBranch branch, CloseReason reason, bool tellRelay)
    {
        if (!branch.TryClose())
        {
            return;
        }

        lock (_lock)
        {
            Volatile.Write(ref _branches, [.. _branches.Where(other => other != branch)]);
        }

        branch.Streams.Close(reason);
        branch.Ciphers.Dispose();
        if (tellRelay)
        {
            SendCloseBranch(branch.Number);
        }
    }

    internal CloseReason OnCreated(ReadOnlySpan<byte> message) =>
        _extensions.Take(0, NoBranch) is { } creating && creating.TryComplete(message, _context)
            ? CloseReason.None
            : CloseReason.HandshakeFailed;

    /// <summary>Opens a backward cell layer by layer. Reading task.</summary>
    internal CloseReason OnCell(Lane lane, Span<byte> cell)
    {
        switch (_onion.Open(lane, cell, out int number, out var rest))
        {
            case OpenedKind.Message:
                return RelayMessage.TryRead(rest, out var message)
                    ? OnMessage(number, lane, message)
                    : CloseReason.Malformed;
            case OpenedKind.Branch:
                return OnBranchCell((ushort)number, lane, rest);
            default:
                return CloseReason.AuthenticationFailed;
        }
    }

    /// <summary>Composes and seals the next forward cell. Writing task.</summary>
    internal bool TryFill(Lane lane, Span<byte> cell)
    {
        if (lane == Lane.Control && TryFillControl(cell))
        {
            return true;
        }

        int last = _onion.Count;
        if (last > 0)
        {
            var room = ClientOnion.Room(cell, last);
            if (lane == Lane.Control ? _streams.TryFillControl(room) : _streams.TryFillData(room))
            {
                return _onion.TrySeal(lane, cell, last);
            }
        }

        return TryFillBranch(lane, cell);
    }

    internal void Close(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, (int)reason, 0) != 0)
        {
            return;
        }

        Volatile.Read(ref _leg)?.Close(reason);
        _extensions.Close(reason);
        foreach (var branch in Volatile.Read(ref _branches))
        {
            CloseBranch(branch, reason, tellRelay: false);
        }

        _streams.Close(reason);
        _onion.Dispose();
    }

    private async Task CreateAsync(LinkCircuits link, HopTarget guard, CancellationToken cancellationToken)
    {
        RequireUsable(guard);
        var handshake = HopHandshake.Initiate(_context.Network, guard, 1, _context.Secrets);
        using var creating = new PendingExtension(handshake, guard.Relay, 1, _onion.Add);
        var message = new byte[HopHandshake.FirstBytes];
        handshake.WriteMessage([], message);
        _extensions.Add(0, new BranchId(NoBranch), creating);
        var leg = link.TryOpen(new ClientLeg(this));
        if (leg is null)
        {
            _extensions.Take(0, NoBranch);
            throw new CircuitFailedException(CloseReason.ResourceLimit, guard.Relay);
        }

        Volatile.Write(ref _leg, leg);
        var command = _context.Pool.Rent();
        CreateBody.WriteCreate(command.Cell, leg.Id, 1, guard.OnionKeyId, message);
        leg.Send(command);
        await AwaitAsync(creating, 0, new BranchId(NoBranch), cancellationToken);
    }

    private async Task ExtendAsync(
        HopTarget target,
        (int Position, BranchId Branch) place,
        Action<HopCiphers> onCiphers,
        CancellationToken cancellationToken)
    {
        RequireUsable(target);
        var handshake = HopHandshake.Initiate(_context.Network, target, place.Position, _context.Secrets);
        using var extension = new PendingExtension(handshake, target.Relay, place.Position, onCiphers);
        var message = new byte[HopHandshake.FirstBytes];
        handshake.WriteMessage([], message);
        _extensions.Add(place.Position - 1, place.Branch, extension);
        var request = new ExtendRequest(place.Branch, target.Relay, target.OnionKeyId, message);
        Enqueue(place.Position - 1, MessageType.Extend, request.ToBytes());
        await AwaitAsync(extension, place.Position - 1, place.Branch, cancellationToken);
    }

    // The directory is signed, but a relay chooses its own key: one of small order would give everybody the same secret.
    private static void RequireUsable(HopTarget target)
    {
        if (!StaticKeyPair.IsUsablePublicKey(target.OnionKey.ToArray()))
        {
            throw new CircuitFailedException(CloseReason.HandshakeFailed, target.Relay);
        }
    }

    private async Task AwaitAsync(PendingExtension extension, int hop, BranchId branch, CancellationToken cancellationToken)
    {
        // The relay's own limit comes first; this one is for a relay that does not answer at all.
        using var timeout = new CancellationTokenSource(_context.Options.ExtendTimeout * 2, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await extension.AnswerAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Whoever takes the extension out ends it; if the answer is being taken in now, the handshake is in use for
            // a moment longer and the branch is closed like any other.
            if (_extensions.Take(hop, branch.Value) is null)
            {
                Close(CloseReason.HandshakeTimeout);
            }

            SendCloseBranch(branch);
            cancellationToken.ThrowIfCancellationRequested();
            throw new CircuitFailedException(CloseReason.HandshakeTimeout, extension.Relay);
        }
    }

    private CloseReason OnMessage(int hop, Lane lane, in RelayMessage message)
    {
        if (message.Type is MessageType.Open or < MessageType.Open && lane != Lane.Control)
        {
            return CloseReason.Unexpected;
        }

        switch (message.Type)
        {
            case MessageType.Extended when message.Data.Length == CellLayout.BranchBytes + HopHandshake.SecondBytes:
                // One that nobody waits for any more was given up, and its branch closed.
                var extension = _extensions.Take(hop, BinaryPrimitives.ReadUInt16BigEndian(message.Data));
                _ = extension?.TryComplete(message.Data[CellLayout.BranchBytes..], _context);
                return CloseReason.None;
            case MessageType.ExtendFailed when message.Data.Length == CellLayout.BranchBytes:
                _extensions.Take(hop, BinaryPrimitives.ReadUInt16BigEndian(message.Data))?.Fail(CloseReason.UnknownRelay);
                return CloseReason.None;
            case MessageType.BranchClosed when message.Data.Length == CellLayout.BranchBytes:
                if (hop == _onion.Count && Find(BinaryPrimitives.ReadUInt16BigEndian(message.Data)) is { } ended)
                {
                    CloseBranch(ended, CloseReason.PeerClosed, tellRelay: false);
                }

                return CloseReason.None;
            case MessageType.BranchCredit when hop == _onion.Count:
                return OnBranchCredit(message.Data);
            case MessageType.Extended or MessageType.ExtendFailed or MessageType.BranchClosed:
                return CloseReason.Malformed;
            default:
                return hop == _onion.Count ? _streams.OnMessage(lane, message) : CloseReason.Unexpected;
        }
    }

    private CloseReason OnBranchCredit(ReadOnlySpan<byte> data)
    {
        const int EntryBytes = 4;
        if (data.Length < 2 || data.Length != 2 + (BinaryPrimitives.ReadUInt16BigEndian(data) * EntryBytes))
        {
            return CloseReason.Malformed;
        }

        for (data = data[2..]; !data.IsEmpty; data = data[EntryBytes..])
        {
            Find(BinaryPrimitives.ReadUInt16BigEndian(data))?.AddCredit(BinaryPrimitives.ReadUInt16BigEndian(data[2..]));
        }

        MarkReady();
        return CloseReason.None;
    }

    // What is wrong inside a branch's layer is its end's doing: it costs the branch, not the trunk.
    private CloseReason OnBranchCell(ushort number, Lane lane, Span<byte> layer)
    {
        if (Find(number) is not { } branch)
        {
            return number <= _lastBranch ? CloseReason.None : CloseReason.Unexpected;
        }

        var reason = CloseReason.AuthenticationFailed;
        if (branch.Ciphers.TryOpenInPlace(lane, layer) && HopCiphers.ReadBranch(layer) == 0)
        {
            var room = layer[CellLayout.BranchBytes..branch.Ciphers.PlaintextBytes];
            reason = RelayMessage.TryRead(room, out var message)
                ? branch.Streams.OnMessage(lane, message)
                : CloseReason.Malformed;
        }

        if (reason != CloseReason.None)
        {
            CloseBranch(branch, reason, tellRelay: true);
        }

        return CloseReason.None;
    }

    private bool TryFillControl(Span<byte> cell)
    {
        (int Hop, MessageType Type, byte[] Data) message;
        lock (_lock)
        {
            if (!_control.TryDequeue(out message))
            {
                return false;
            }
        }

        RelayMessage.Write(ClientOnion.Room(cell, message.Hop), message.Type, default, message.Data);
        return _onion.TrySeal(Lane.Control, cell, message.Hop);
    }

    private bool TryFillBranch(Lane lane, Span<byte> cell)
    {
        var branches = Volatile.Read(ref _branches);
        for (int tried = 0; tried < branches.Length; tried++)
        {
            var branch = branches[_turn++ % branches.Length];
            _turn %= branches.Length;
            branch.Collect();
            var room = ClientOnion.Room(cell, branch.Ciphers.Position);
            bool filled = lane == Lane.Control
                ? branch.Streams.TryFillControl(room)
                : branch.MaySend > 0 && branch.Streams.TryFillData(room);
            if (filled)
            {
                branch.MaySend -= lane == Lane.Data ? 1 : 0;
                return _onion.TrySeal(lane, cell, branch.Ciphers, branch.Number.Value);
            }
        }

        return false;
    }

    private ClientBranch AddBranch(HopTarget target, BranchId number, HopCiphers ciphers)
    {
        var streams = new StreamEnd(_context.Options, _context.Time, null, MarkReady);
        var branch = new ClientBranch(this, number, (target.Relay, ciphers), streams)
        {
            MaySend = _context.Options.BranchWindow,
        };
        lock (_lock)
        {
            Volatile.Write(ref _branches, [.. _branches, branch]);
        }

        if (IsClosed)
        {
            CloseBranch(branch, ClosedBy, tellRelay: false);
        }

        return branch;
    }

    private ClientBranch? Find(ushort number) =>
        Array.Find(Volatile.Read(ref _branches), branch => branch.Number.Value == number);

    private BranchId NextBranch()
    {
        lock (_lock)
        {
            return new BranchId(++_lastBranch);
        }
    }

    private void SendCloseBranch(BranchId branch)
    {
        var data = new byte[CellLayout.BranchBytes];
        BinaryPrimitives.WriteUInt16BigEndian(data, branch.Value);
        Enqueue(_onion.Count, MessageType.CloseBranch, data);
    }

    private void Enqueue(int hop, MessageType type, byte[] data)
    {
        lock (_lock)
        {
            _control.Enqueue((hop, type, data));
        }

        MarkReady();
    }

    private void MarkReady() => Volatile.Read(ref _leg)?.MarkReady();
}
