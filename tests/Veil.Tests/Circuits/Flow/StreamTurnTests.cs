using Veil.Circuits.Streams;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits.Flow;

/// <summary>Whose bytes the next cell carries (spec/stream.md, section 3).</summary>
public sealed class StreamTurnTests
{
    private readonly ManualTime _time = RiggedView.Time();
    private readonly byte[] _room = new byte[CellLayout.MessageBytes];

    [Fact]
    public async Task Loud_streams_go_in_turns_and_one_that_was_silent_before_them_once()
    {
        await using var rig = new RelayRig(1, time: _time);
        var end = new StreamEnd(rig.Client, accept: null, onReady: () => { });
        var loud = new[] { end.Open(ServiceId.Exit), end.Open(ServiceId.Exit) };
        foreach (var stream in loud)
        {
            await WriteAsync(stream, 3 * StreamTurns.Cells);
        }

        // Its OPEN is a cell, too.
        Assert.Equal(Turn(loud[0], StreamTurns.Cells), Next(end, StreamTurns.Cells));
        Assert.Equal(Turn(loud[1], StreamTurns.Cells), Next(end, StreamTurns.Cells));
        Assert.Equal(Turn(loud[0], 1), Next(end, 1));
        var late = end.Open(ServiceId.Exit);
        await WriteAsync(late, 1);
        Assert.Equal(Turn(late, 2), Next(end, 2));

        // What it writes before the others have had their turn waits for them.
        Assert.Equal(Turn(loud[0], 1), Next(end, 1));
        await WriteAsync(late, 1);
        Assert.Equal(Turn(loud[0], StreamTurns.Cells - 2), Next(end, StreamTurns.Cells - 2));
        Assert.Equal(Turn(loud[1], StreamTurns.Cells), Next(end, StreamTurns.Cells));
        Assert.Equal(Turn(late, 1), Next(end, 1));
        Assert.Equal(Turn(loud[0], 1), Next(end, 1));
        end.Close(CloseReason.Done);
    }

    [Fact]
    public async Task Turns_that_go_fast_are_longer()
    {
        await using var rig = new RelayRig(1, time: _time);
        var end = new StreamEnd(rig.Client, accept: null, onReady: () => { });
        var loud = new[] { end.Open(ServiceId.Exit), end.Open(ServiceId.Exit) };
        foreach (var stream in loud)
        {
            await WriteAsync(stream, StreamTurns.MostCells);
        }

        Assert.Equal(
            Turn(loud[0], StreamTurns.MostCells), Next(end, StreamTurns.MostCells, TimeSpan.Zero));
        Assert.Equal(Turn(loud[1], StreamTurns.Cells), Next(end, StreamTurns.Cells, TimeSpan.Zero));

        // It goes on, but now takes too long to go on again.
        Assert.Equal(
            Turn(loud[1], StreamTurns.Cells), Next(end, StreamTurns.Cells, 2 * StreamTurns.Fast / StreamTurns.Cells));
        Assert.Equal(Turn(loud[0], 1), Next(end, 1));
        end.Close(CloseReason.Done);
    }

    private static IEnumerable<ushort> Turn(CircuitStream stream, int cells) =>
        Enumerable.Repeat(stream.Id.Value, cells);

    private static async Task WriteAsync(CircuitStream stream, int cells)
    {
        _ = stream.Output.GetMemory(cells * CellLayout.MaxDataBytes);
        stream.Output.Advance(cells * CellLayout.MaxDataBytes);

        // Full cells, more than the send buffer takes at once: nobody waits for them to leave.
        _ = await Task.WhenAny(stream.Output.FlushAsync().AsTask(), Task.CompletedTask);
    }

    // Turns are slow unless each cell takes less.
    private List<ushort> Next(StreamEnd end, int cells, TimeSpan? each = null)
    {
        var ids = new List<ushort>();
        for (int cell = 0; cell < cells; cell++)
        {
            Assert.True(end.TryFillData(_room), $"cell {cell} of {cells}");
            Assert.True(RelayMessage.TryRead(_room, out var message));
            ids.Add(message.Stream.Value);
            _time.Advance(each ?? StreamTurns.Fast);
        }

        return ids;
    }
}
