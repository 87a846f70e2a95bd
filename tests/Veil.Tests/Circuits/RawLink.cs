using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Veil.Links;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Tests.Circuits;

/// <summary>A link whose cells are made by hand: the side that does not keep to the rules.</summary>
internal sealed class RawLink : LinkTraffic
{
    private readonly ConcurrentQueue<byte[]> _toSend = new();
    private readonly Channel<byte[]> _received = Channel.CreateBounded<byte[]>(4096);
    private readonly ConcurrentDictionary<uint, (int Data, int Control)> _granted = new();
    private readonly ConcurrentDictionary<uint, bool> _ended = new();
    private readonly Link _link;

    internal RawLink(Link link, Action<RawLink, byte[]>? onCell = null)
    {
        _link = link;
        OnCell = onCell;
        Running = link.RunAsync(this);
    }

    /// <summary>Ends with the link.</summary>
    internal Task Running { get; }

    internal Link Link => _link;

    /// <summary>Takes the place of waiting for a cell to be read.</summary>
    internal Action<RawLink, byte[]>? OnCell { get; set; }

    /// <summary>Opens a link as a client would.</summary>
    internal static async Task<RawLink> OpenAsync(RelayRig rig, RelayPlace place)
    {
        var connection = await rig.Transport.ConnectAsync(place.Address.EndPoint);
        return new RawLink(await rig.Handshake().InitiateAsync(connection, place.Address.Target, null, RelayRig.Token));
    }

    internal static byte[] Cell(uint circuit, CellCommand command)
    {
        var cell = new byte[CellLayout.CellBytes];
        CellHeader.Write(cell, new CircuitId(circuit), command);
        return cell;
    }

    /// <summary>Cells of a lane that the other side has granted beyond the first window.</summary>
    internal int Granted(uint circuit, Lane lane)
    {
        var (data, control) = _granted.GetValueOrDefault(circuit);
        return lane == Lane.Data ? data : control;
    }

    internal bool HasEnded(uint circuit) => _ended.ContainsKey(circuit) || _link.ClosedBy != CloseReason.None;

    internal void Send(byte[] cell)
    {
        _toSend.Enqueue(cell);
        _link.Wake();
    }

    /// <summary>The next cell but grants and padding.</summary>
    internal async Task<byte[]> ReceiveAsync()
    {
        while (true)
        {
            var cell = await _received.Reader.ReadAsync(RelayRig.Token);
            if (cell[4] is not ((byte)CellCommand.Credit or (byte)CellCommand.Padding))
            {
                return cell;
            }
        }
    }

    public override CloseReason OnCells(Span<byte> cells)
    {
        for (; !cells.IsEmpty; cells = cells[CellLayout.CellBytes..])
        {
            var cell = cells[..CellLayout.CellBytes].ToArray();
            CountGrants(cell);
            if (cell[4] == (byte)CellCommand.Destroy)
            {
                _ended[BinaryPrimitives.ReadUInt32BigEndian(cell)] = true;
            }

            if (OnCell is { } handler)
            {
                handler(this, cell);
            }
            else
            {
                _received.Writer.TryWrite(cell);
            }
        }

        return CloseReason.None;
    }

    private void CountGrants(byte[] cell)
    {
        var body = cell.AsSpan(CellLayout.HeaderBytes);
        if (cell[4] != (byte)CellCommand.Credit || !CreditBody.TryReadCount(body, out int count))
        {
            return;
        }

        for (int index = 0; index < count; index++)
        {
            var grant = CreditBody.Read(body, index);
            _granted.AddOrUpdate(
                grant.Circuit.Value,
                _ => (grant.DataCells, grant.ControlCells),
                (_, so) => (so.Data + grant.DataCells, so.Control + grant.ControlCells));
        }
    }

    public override int Fill(Span<byte> cells)
    {
        int count = 0;
        for (; count < CellLayout.MaxCellsPerRecord && _toSend.TryDequeue(out var cell); count++)
        {
            cell.CopyTo(cells[(count * CellLayout.CellBytes)..]);
        }

        return count;
    }

    public override void OnClosed(CloseReason reason) => _received.Writer.TryComplete();
}
