using System.Buffers.Binary;
using Veil.Circuits;
using Veil.Circuits.Flow;
using Veil.Circuits.Legs;
using Veil.Circuits.Limits;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits.Flow;

/// <summary>Whose cells go next while a rate holds the relay (spec/circuit.md, section 4).</summary>
public sealed class RatedTurnTests : IAsyncLifetime
{
    private const int Turn = 8;
    private const int CellsPerSecond = 25_600;
    private static readonly NodeLimitValues _rate = new()
    {
        BytesPerSecond = CellsPerSecond * CellLayout.CellBytes,
    };

    // In which three records' worth gathers.
    private static readonly TimeSpan _beat = TimeSpan.FromMilliseconds(1);

    private readonly ManualTime _time = RiggedView.Time();
    private readonly byte[] _record = new byte[CellLayout.MaxCellsPerRecord * CellLayout.CellBytes];
    private RelayRig _rig = null!;
    private RelayPace _pace = null!;

    public ValueTask InitializeAsync()
    {
        _rig = new RelayRig(1, new CircuitOptions { Limits = _rate }, _time);
        _pace = new RelayPace(_rig.Client.Limits, _time);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _pace.Dispose();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task Who_waits_for_the_rate_waits_one_round_of_turns_and_not_until_others_have_nothing_more()
    {
        var link = await OpenAsync();
        var legs = Enumerable.Range(0, 3).Select(_ => Loud(link)).ToList();

        // The burst, and what those who are still quiet go beyond it.
        Sent(link);
        var sent = Enumerable.Range(0, 30).SelectMany(_ => NextBeat(link)).ToList();

        Assert.True(sent.Count >= 10 * legs.Count * Turn, $"{sent.Count} cells");
        int first = sent.FindIndex(id => id != sent[0]);
        var order = sent.Skip(first).Take(legs.Count * Turn).ToList();
        Assert.Equal(legs.Count, order.Distinct().Count());
        Assert.All(order.Chunk(Turn), turn => Assert.Single(turn.Distinct()));
        Assert.All(
            sent.Skip(first).Chunk(order.Count).Where(round => round.Length == order.Count),
            round => Assert.Equal(order, round));
    }

    [Fact]
    public async Task What_gathers_in_a_beat_is_for_all_links_that_wait()
    {
        var raw = await RawLink.OpenAsync(_rig, _rig.Relays[0].Place);
        var shares = Enumerable.Range(0, 5).Select(_ => new PaceShare(raw.Link)).ToArray();
        int beat = Beat.Of(_time);
        while (Ask(shares[0], beat) > 0)
        {
        }

        Assert.All(shares[1..], share => Assert.Equal(0, Ask(share, beat)));

        // It may end a moment after the beat, when what was overdrawn is paid.
        _time.Advance(1.5 * _beat);

        Assert.All(shares, share => Assert.InRange(share.Allowance, 1, CellLayout.MaxCellsPerRecord));
    }

    // Sends all that it may, and has more.
    private int Ask(PaceShare share, int beat)
    {
        var grant = _pace.Take(share, beat);
        _pace.Settle(share, grant, new PaceUse(grant.Cells, default, HasMore: true), beat);
        return grant.Cells;
    }

    private async Task<LinkCircuits> OpenAsync()
    {
        var raw = await RawLink.OpenAsync(_rig, _rig.Relays[0].Place);
        return new LinkCircuits(raw.Link, _rig.Client, null, _pace);
    }

    private static Leg Loud(LinkCircuits link)
    {
        var leg = link.TryOpen(new EndlessOwner());
        Assert.NotNull(leg);
        Assert.True(leg.TryAddCredit(new CreditGrant(leg.Id, ushort.MaxValue, 0)));
        return leg;
    }

    private List<uint> NextBeat(LinkCircuits link)
    {
        _time.Advance(_beat);
        return Sent(link);
    }

    // Until nothing more may be sent: all of them ask once in vain.
    private List<uint> Sent(LinkCircuits link)
    {
        var sent = new List<uint>();
        while (Fill(link) is { Count: > 0 } more)
        {
            sent.AddRange(more);
        }

        return sent;
    }

    private List<uint> Fill(LinkCircuits link)
    {
        int count = link.Fill(_record);
        return [.. Enumerable.Range(0, count)
            .Select(index => _record.AsSpan(index * CellLayout.CellBytes, CellLayout.CellBytes).ToArray())
            .Where(cell => cell[4] == (byte)CellCommand.Data)
            .Select(cell => BinaryPrimitives.ReadUInt32BigEndian(cell))];
    }

    private sealed class EndlessOwner : LegOwner
    {
        internal override CloseReason OnCell(Leg leg, Lane lane, Span<byte> cell) => CloseReason.None;

        internal override CloseReason OnCreated(Leg leg, ReadOnlySpan<byte> message) => CloseReason.None;

        internal override bool TryFill(Leg leg, Lane lane, Span<byte> cell) => lane == Lane.Data;

        internal override void OnClosed(Leg leg, CloseReason reason)
        {
        }
    }
}
