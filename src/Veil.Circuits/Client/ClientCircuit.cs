using System.Buffers.Binary;
using Veil.Circuits.Legs;
using Veil.Circuits.Onion;
using Veil.Circuits.Streams;
using Veil.Links.Handshake;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Client;

/// <summary>
/// A circuit as its client sees it (spec/circuit.md): the layers of its hops, the branches of its last hop, and the
/// streams to its last hop. The guard link's reading task opens, its writing task seals; the rest is called from
/// anywhere.
/// </summary>
public sealed partial class ClientCircuit : IDisposable
{
    // CREATE has no branch; its answer comes from "before the first hop".
    private const ushort NoBranch = 0;

    // Of the handshake's ephemeral public key, which message 1 begins with: for recordings.
    private const int EphemeralShown = 16;

    private readonly CircuitContext _context;
    private readonly ClientOnion _onion = new();
    private readonly ExtensionTable _extensions = new();
    private readonly StreamEnd _streams;
    private readonly RelayId[] _path;
    private readonly Lock _lock = new();
    private Leg? _leg;
    private int _closeReason;
    private int _awaited;

    // Written by the reading task.
    private long _heard;
    private int _branching;

    // Under the lock.
    private readonly Queue<(int Hop, MessageType Type, byte[] Data)> _control = new();
    private ushort _lastBranch;

    // Replaced under the lock, read by any task.
    private ClientBranch[] _branches = [];

    private ClientCircuit(CircuitContext context, RelayId[] path)
    {
        _context = context;
        _path = path;
        _streams = new StreamEnd(context, null, MarkReady);
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
            var link = await LinkAsync(context, links, guard, cancellationToken);
            await circuit.TelescopeAsync(link, path, cancellationToken);
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

    // The attempt itself goes on for others who may wait for it; a guard that answers late is there the next time.
    private static async Task<LinkCircuits> LinkAsync(
        CircuitContext context,
        LinkPool links,
        RelayAddress guard,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(context.Hops.Limit, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await links.GetAsync(guard, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            context.Hops.Miss();
            throw new CircuitFailedException(CloseReason.HandshakeTimeout, guard.Target.Relay);
        }
    }

    /// <summary>Adds a branch at the last hop.</summary>
    /// <exception cref="CircuitFailedException">The hop cannot be reached or does not answer in time, or the circuit
    /// closed.</exception>
    public async Task<ClientBranch> BranchAsync(HopTarget target, CancellationToken cancellationToken)
    {
        var number = NextBranch();
        ClientBranch? branch = null;
        try
        {
            CheckKey(target);
            var hop = Begin(target, _onion.Count + 1, ciphers => branch = AddBranch(target, number, ciphers));
            await ExtendAsync(hop, number, cancellationToken);
            return branch!;
        }
        finally
        {
            Interlocked.Decrement(ref _branching);
        }
    }

    /// <summary>Opens a stream to a service at the last hop.</summary>
    /// <exception cref="StreamResetException">The circuit is closed or full.</exception>
    public CircuitStream Open(ServiceId service) => _streams.Open(service);

    /// <summary>Closes the circuit. Any thread, idempotent.</summary>
    public void Dispose() => Close(CloseReason.Done);

    /// <summary>Cells that have come from the guard. Any thread.</summary>
    internal long Heard => Volatile.Read(ref _heard);

    /// <summary>Answers that somebody waits for. Any thread.</summary>
    internal int Awaited => Volatile.Read(ref _awaited);

    internal void Await(int change) => Interlocked.Add(ref _awaited, change);

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
            SendCloseBranch(_onion.Count, branch.Number);
        }
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

    // What the next hop is asked for does not depend on the one before: it is made while that one works.
    private async Task TelescopeAsync(
        LinkCircuits link,
        IReadOnlyList<HopTarget> path,
        CancellationToken cancellationToken)
    {
        foreach (var target in path)
        {
            CheckKey(target);
        }

        PendingExtension? hop = Begin(path[0], 1, _onion.Add);
        for (int position = 1; hop is not null; position++)
        {
            var answered = position == 1
                ? CreateAsync(link, hop, cancellationToken)
                : ExtendAsync(hop, new BranchId(1), cancellationToken);
            var next = position < path.Count ? Begin(path[position], position + 1, _onion.Add) : null;
            try
            {
                await answered;
            }
            catch
            {
                next?.Dispose();
                throw;
            }

            hop = next;
        }
    }

    private async Task CreateAsync(LinkCircuits link, PendingExtension guard, CancellationToken cancellationToken)
    {
        using var creating = guard;
        _extensions.Add(0, new BranchId(NoBranch), creating);
        var leg = link.TryOpen(new ClientLeg(this));
        if (leg is null)
        {
            _extensions.Take(0, NoBranch);
            throw link.IsOpen
                ? new CircuitFailedException(CloseReason.ResourceLimit)
                : new CircuitFailedException(CloseReason.ConnectionFailed, guard.Relay);
        }

        // CREATE stands in the leg before anyone can close it: its DESTROY must not come first.
        var command = _context.Pool.Rent();
        CreateBody.WriteCreate(command.Cell, leg.Id, 1, creating.Target.OnionKeyId, creating.Message);
        _context.OnCircuit?.Invoke(
            new CircuitSighting(CircuitStep.Made, leg.Id, link.Peer.EndPoint),
            creating.Message.AsSpan(0, EphemeralShown));
        SendAtOnce(() =>
        {
            leg.Send(command);
            Interlocked.Exchange(ref _leg, leg);
        });
        if (IsClosed)
        {
            leg.Close(ClosedBy);
        }

        await AwaitAsync(creating, new BranchId(NoBranch), cancellationToken);
    }

    // A relay may have published a key of small order: that is the relay's fault, not a misuse.
    private static void CheckKey(HopTarget target)
    {
        if (!StaticKeyPair.IsUsablePublicKey(target.OnionKey.AsSpan()))
        {
            throw new CircuitFailedException(CloseReason.HandshakeFailed, target.Relay);
        }
    }

    private PendingExtension Begin(HopTarget target, int position, Action<HopCiphers> onCiphers) =>
        PendingExtension.Begin(_context, target, position, onCiphers);

    private async Task ExtendAsync(PendingExtension hop, BranchId branch, CancellationToken cancellationToken)
    {
        using var extension = hop;
        int last = extension.Position - 1;
        _extensions.Add(last, branch, extension);
        var request = new ExtendRequest(branch, extension.Relay, extension.Target.OnionKeyId, extension.Message);
        SendAtOnce(() => Enqueue(last, MessageType.Extend, request.ToBytes()));
        await AwaitAsync(extension, branch, cancellationToken);
    }

    // On this thread, which has more to do: the link's loop would else wait for another to wake up.
    private static void SendAtOnce(Action send)
    {
        using var turn = LoopTurn.Begin();
        send();
    }

    private async Task AwaitAsync(PendingExtension extension, BranchId branch, CancellationToken cancellationToken)
    {
        int hop = extension.Position - 1;

        // Where hops usually answer soon, one that does not is not waited for as long as its own limit allows.
        using var timeout = new CancellationTokenSource(_context.Hops.Limit, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        long start = _context.Time.GetTimestamp();
        Await(1);
        try
        {
            await extension.AnswerAsync(either.Token);
            _context.Hops.Observe(_context.Time.GetElapsedTime(start));
        }
        catch (CircuitFailedException fault) when (
            fault.Reason is CloseReason.HandshakeFailed or CloseReason.ResourceLimit)
        {
            // The relay has a branch there; we have none.
            SendCloseBranch(hop, branch);
            throw;
        }
        catch (OperationCanceledException)
        {
            // Whoever takes the extension out ends it; if the answer is being taken in now, the handshake is in use for
            // a moment longer and the branch is closed like any other.
            if (_extensions.Take(hop, branch.Value) is null)
            {
                Close(CloseReason.HandshakeTimeout);
            }

            SendCloseBranch(hop, branch);
            cancellationToken.ThrowIfCancellationRequested();
            _context.Hops.Miss();
            throw new CircuitFailedException(CloseReason.HandshakeTimeout, extension.Relay);
        }
        finally
        {
            Await(-1);
        }
    }

    private ClientBranch AddBranch(HopTarget target, BranchId number, HopCiphers ciphers)
    {
        var streams = new StreamEnd(_context, null, MarkReady);
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

    // For every cell that comes: nothing is made for it.
    private ClientBranch? Find(ushort number)
    {
        foreach (var branch in Volatile.Read(ref _branches))
        {
            if (branch.Number.Value == number)
            {
                return branch;
            }
        }

        return null;
    }

    private BranchId NextBranch()
    {
        lock (_lock)
        {
            if (_lastBranch == ushort.MaxValue || BranchCount + _branching >= _context.Options.MaxBranches)
            {
                throw new CircuitFailedException(CloseReason.ResourceLimit);
            }

            Interlocked.Increment(ref _branching);
            return new BranchId(++_lastBranch);
        }
    }

    private void SendCloseBranch(int hop, BranchId branch)
    {
        if (hop == 0 || IsClosed)
        {
            // Before the first hop there is nobody to tell: the DESTROY says it.
            return;
        }

        var data = new byte[CellLayout.BranchBytes];
        BinaryPrimitives.WriteUInt16BigEndian(data, branch.Value);
        Enqueue(hop, MessageType.CloseBranch, data);
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
