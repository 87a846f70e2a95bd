using System.Collections.Concurrent;
using Veil.Circuits.Cells;
using Veil.Circuits.Flow;
using Veil.Circuits.Limits;
using Veil.Links;
using Veil.Links.Record;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Legs;

/// <summary>
/// Chooses what a link sends next (spec/circuit.md, section 4): commands, grants, then quiet legs, one turn, then the
/// others in turn, as far as the node's rate goes. The link's writing task fills; any thread adds.
/// </summary>
internal sealed class LinkOutput
{
    private const int CellsPerTurn = 8;
    private const int MaxRefused = 256;

    // Circuits that ended and whose end could not be sent yet: one that asks for more while it takes nothing has no
    // good intent.
    private const int MaxLingering = 1024;

    private readonly Link _link;
    private readonly TimeProvider _time;
    private readonly RelayPace? _pace;
    private readonly PaceShare _share;
    private readonly ReadyStack<Leg> _ready = new();
    private readonly ConcurrentQueue<CircuitId> _refused = new();

    // Writing task.
    private readonly Queue<Leg> _commands = new();
    private readonly Queue<Leg> _grants = new();
    private readonly Queue<Leg> _quiet = new();
    private readonly Queue<Leg> _loud = new();
    private readonly Queue<Leg> _nudged = new();
    private readonly Queue<CreditGrant> _returns = new();
    private readonly CreditGrant[] _batch = new CreditGrant[CreditBody.MaxGrants];

    private QuietBound _quietBound;
    private CellSum _sent;
    private int _loudFrom;
    private int _beat;

    private int _lingering;

    /// <param name="link">Is woken when there may be something to send.</param>
    /// <param name="time">Tells quiet circuits from loud ones.</param>
    /// <param name="pace">The node's rate; null for a client's own links.</param>
    internal LinkOutput(Link link, TimeProvider time, RelayPace? pace)
    {
        _link = link;
        _time = time;
        _pace = pace;
        _share = new PaceShare(link);
    }

    /// <summary>Whether the peer takes the ends of circuits fast enough for more circuits. Any thread.</summary>
    internal bool HasRoom => Volatile.Read(ref _lingering) < MaxLingering;

    /// <summary>A leg wants attention. Any thread.</summary>
    internal void MarkReady(Leg leg)
    {
        if (_ready.Add(leg))
        {
            _link.Wake();
        }
    }

    /// <summary>A leg was taken off its link, and its end is still to be sent. Any thread.</summary>
    internal void Linger(Leg leg)
    {
        Interlocked.Increment(ref _lingering);
        Volatile.Write(ref leg.Lingers, 1);
    }

    /// <summary>Answers a CREATE by DESTROY; beyond the bound the peer's CREATE times out. Reading task.</summary>
    internal void Refuse(CircuitId id)
    {
        if (_refused.Count < MaxRefused)
        {
            _refused.Enqueue(id);
            _link.Wake();
        }
    }

    /// <summary>The link is closed.</summary>
    internal void Close() => _pace?.Forget(_share);

    /// <summary>Writes up to a record's worth of cells; 0 when nothing may be sent now.</summary>
    internal int Fill(Span<byte> cells)
    {
        _beat = Beat.Of(_time);
        _sent = default;
        var grant = _pace?.Take(_share, _beat) ?? PaceGrant.Unlimited;
        _loudFrom = Math.Max(_quietBound.Of(_beat), grant.LoudFrom);
        Collect(grant.IsRated);
        int count = 0;
        while (count < CellLayout.MaxCellsPerRecord)
        {
            Span<byte> cell = cells.Slice(count * CellLayout.CellBytes, CellLayout.CellBytes);
            if (!TryFillCommand(cell) && !TryFillGrants(cell) && !TryFillReturns(cell)
                && (IsSpent(grant, count) || !grant.Control || !TryFillLeg(cell, grant.Cells > 0)))
            {
                break;
            }

            count++;
        }

        bool hasMore = grant.Cells <= count && _quiet.Count + _loud.Count > 0;
        _quietBound.Count(_beat, _sent);
        _pace?.Settle(_share, grant, new PaceUse(count, _sent, hasMore), _beat);
        return count;
    }

    // What was taken for this record is used up: the next one asks again.
    private static bool IsSpent(PaceGrant grant, int count) => grant.Cells > 0 && count >= grant.Cells;

    private bool IsQuiet(Leg leg) => leg.Recent.SumOf(_beat) < _loudFrom;

    private void Collect(bool isRated)
    {
        for (var leg = _ready.TakeAll(); leg is not null;)
        {
            var next = ReadyStack<Leg>.Next(leg);
            leg.Collect();
            _commands.Enqueue(leg);
            if (!leg.InGrants)
            {
                leg.InGrants = true;
                _grants.Enqueue(leg);
            }

            if (leg.TryTakeReturn(out var returned))
            {
                _returns.Enqueue(returned);
            }

            if (!leg.InQueue)
            {
                leg.InQueue = true;
                (IsQuiet(leg) ? _quiet : _loud).Enqueue(leg);
            }

            if (isRated && !leg.IsNudged)
            {
                leg.IsNudged = true;
                _nudged.Enqueue(leg);
            }

            leg = next;
        }
    }

    private bool TryFillCommand(Span<byte> cell)
    {
        while (_commands.TryPeek(out var leg))
        {
            if (leg.TryTakeCommand(cell))
            {
                return true;
            }

            _commands.Dequeue();
            if (Interlocked.CompareExchange(ref leg.Lingers, 2, 1) == 1)
            {
                Interlocked.Decrement(ref _lingering);
            }
        }

        if (!_refused.TryDequeue(out var refused))
        {
            return false;
        }

        cell.Clear();
        CellHeader.Write(cell, refused, CellCommand.Destroy);
        return true;
    }

    private bool TryFillGrants(Span<byte> cell)
    {
        int count = 0;
        while (count < _batch.Length && _grants.TryDequeue(out var leg))
        {
            leg.InGrants = false;
            if (leg.TryTakeGrant(out _batch[count]))
            {
                count++;
            }
        }

        if (count > 0)
        {
            CreditBody.Write(cell, _batch.AsSpan(0, count));
        }

        return count > 0;
    }

    private bool TryFillReturns(Span<byte> cell)
    {
        int count = 0;
        while (count < _batch.Length && _returns.TryDequeue(out var returned))
        {
            _batch[count++] = returned;
        }

        if (count > 0)
        {
            CreditBody.WriteReturn(cell, _batch.AsSpan(0, count));
        }

        return count > 0;
    }

    // Without data of loud ones: what quiet ones send is little, and is paid for by the others. Who was quiet and may
    // send nothing now gets a place among the loud, where nobody loses it.
    private bool TryFillLeg(Span<byte> cell, bool mayData)
    {
        if (TryFillNudged(cell))
        {
            return true;
        }

        while (_quiet.TryPeek(out var leg) || (mayData && _loud.TryPeek(out leg)))
        {
            var queue = _quiet.Count > 0 ? _quiet : _loud;
            bool mayNow = mayData || IsQuiet(leg);
            bool isControl = leg.TryFill(Lane.Control, cell);
            if (isControl || (mayNow && leg.TryFill(Lane.Data, cell)))
            {
                CountTurn(leg, queue);
                if (!isControl)
                {
                    _sent = _sent.With(leg.Recent.Add(_beat, 1));
                }

                return true;
            }

            leg.CellsInTurn = 0;
            queue.Dequeue();
            leg.InQueue = !mayNow && leg.ClosedBy == CloseReason.None;
            if (leg.InQueue)
            {
                _loud.Enqueue(leg);
            }
        }

        return false;
    }

    // After its turn it stands behind the others.
    private void CountTurn(Leg leg, Queue<Leg> queue)
    {
        if (++leg.CellsInTurn >= CellsPerTurn)
        {
            leg.CellsInTurn = 0;
            queue.Dequeue();
            _loud.Enqueue(leg);
        }
    }

    // While the rate lets no data through, control cells do not wait for the circuit's turn.
    private bool TryFillNudged(Span<byte> cell)
    {
        while (_nudged.TryPeek(out var leg))
        {
            if (leg.TryFill(Lane.Control, cell))
            {
                return true;
            }

            leg.IsNudged = false;
            _nudged.Dequeue();
        }

        return false;
    }
}
