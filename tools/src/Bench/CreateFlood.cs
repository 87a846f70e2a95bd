using System.Collections.Concurrent;
using Veil.Circuits.Client;
using Veil.Links;
using Veil.Links.Handshake;
using Veil.Links.Tcp;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Cells;
using Veil.Wire.Documents;

namespace Veil.Bench;

/// <summary>
/// What runs over one link to a relay that is asked for circuits of one hop, as fast as it answers: CREATE, and DESTROY
/// once CREATED is here, so that the relay holds no more than what is under way. Every CREATE of a link carries the
/// same message 1, which a relay cannot know: all its work is done anew, and next to none is done here.
/// </summary>
internal sealed class CreateFlood : LinkTraffic, IDisposable
{
    private const int InFlight = 64;
    private const uint InitiatorBit = 0x8000_0000;
    private const int FirstBytes = 1280;

    private readonly Link _link;
    private readonly HybridHandshake _handshake;
    private readonly ulong _keyId;
    private readonly byte[] _message = new byte[FirstBytes];
    private readonly ConcurrentQueue<CircuitId> _answered = new();
    private long _created;
    private int _stopped;

    // Writing task.
    private int _underWay;
    private uint _last;

    private CreateFlood(Link link, RelayEntry relay, NetworkId network)
    {
        var target = NetworkView.TargetOf(relay);
        _link = link;
        _keyId = target.OnionKeyId;
        var prologue = new byte[HandshakePrologue.Length];
        var keyId = new byte[OnionKeyId.Size];
        relay.OnionKeyId.WriteTo(keyId);
        HandshakePrologue.Write(
            prologue,
            HandshakePurpose.Hop,
            1,
            network.Value.ToArray(),
            target.Relay.Value.ToArray(),
            keyId);
        _handshake = HybridHandshake.Initiate(
            VeilPattern.NKhfs, prologue, target.OnionKey.ToArray(), null, new SystemSecretSource());
        _handshake.WriteMessage([], _message);
    }

    /// <summary>Circuits that the relay has made.</summary>
    internal long Created => Interlocked.Read(ref _created);

    /// <summary>Completes when the link is closed.</summary>
    internal Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Makes a link of its own to the relay and begins.</summary>
    internal static async Task<CreateFlood> StartAsync(TcpTransport transport, RelayEntry relay, NetworkId network)
    {
        var address = NetworkView.AddressOf(relay);
        var secrets = new SystemSecretSource();
        var handshake = new LinkHandshake(network, secrets, new KeySlab(512), TimeProvider.System, new LinkOptions());
        var connection = await transport.ConnectAsync(address.EndPoint);
        var link = await handshake.InitiateAsync(connection, address.Target, null, CancellationToken.None);
        var flood = new CreateFlood(link, relay, network);
        flood.Ended = link.RunAsync(flood);
        return flood;
    }

    /// <inheritdoc/>
    public override CloseReason OnCells(Span<byte> cells)
    {
        for (; !cells.IsEmpty; cells = cells[CellLayout.CellBytes..])
        {
            var cell = cells[..CellLayout.CellBytes];
            if (!CellHeader.TryRead(cell, out var id, out var command) || command == CellCommand.Destroy)
            {
                // Refused: what follows would be no measure of anything.
                return CloseReason.Unexpected;
            }

            if (command == CellCommand.Created)
            {
                if (!IsAnswer(cell[CellLayout.HeaderBytes..]))
                {
                    return CloseReason.HandshakeFailed;
                }

                Interlocked.Increment(ref _created);
                _answered.Enqueue(id);
            }
        }

        _link.Wake();
        return CloseReason.None;
    }

    /// <inheritdoc/>
    public override int Fill(Span<byte> cells)
    {
        int count = 0;
        for (; count < CellLayout.MaxCellsPerRecord; count++)
        {
            var cell = cells.Slice(count * CellLayout.CellBytes, CellLayout.CellBytes);
            if (_answered.TryDequeue(out var answered))
            {
                cell.Clear();
                CellHeader.Write(cell, answered, CellCommand.Destroy);
                _underWay--;
            }
            else if (_underWay < InFlight && Volatile.Read(ref _stopped) == 0)
            {
                CreateBody.WriteCreate(cell, new CircuitId(InitiatorBit | ++_last), 1, _keyId, _message);
                _underWay++;
            }
            else
            {
                break;
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public override void OnClosed(CloseReason reason)
    {
        if (Volatile.Read(ref _stopped) == 0)
        {
            throw new IOException($"a link of the flood was closed: {reason}");
        }
    }

    /// <summary>Closes the link.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _stopped, 1);
        _link.Close(CloseReason.Done);
        _handshake.Dispose();
    }

    // The first answer proves that the relay does the whole handshake; the handshake here takes one only.
    private bool IsAnswer(ReadOnlySpan<byte> body) =>
        CreateBody.TryReadCreated(body, out var message)
        && (_handshake.IsComplete || _handshake.TryReadMessage(message, [], out _));
}
