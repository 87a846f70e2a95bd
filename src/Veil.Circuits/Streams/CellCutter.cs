using System.Buffers;
using System.IO.Pipelines;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Streams;

/// <summary>
/// Cuts what an application writes into the data of cells. Reads the pipe once for many cells; what is left of a read
/// begins the next, so that cells are full. Not safe for concurrent use.
/// </summary>
internal sealed class CellCutter(PipeReader written)
{
    // What was read and is not yet cut.
    private ReadOnlySequence<byte> _rest;

    /// <summary>Writes a DATA message of as many bytes as there are, a cell takes and <paramref name="most"/> allows.
    /// </summary>
    /// <param name="room">The cell's room for a message.</param>
    /// <param name="stream">Whose bytes they are.</param>
    /// <param name="most">Bytes that the other side has room for.</param>
    /// <param name="isOver">Whether there never will be more.</param>
    /// <returns>Bytes written, 0 when there was no message to write.</returns>
    internal int Cut(Span<byte> room, StreamId stream, long most, out bool isOver)
    {
        isOver = false;
        if (_rest.Length < CellLayout.MaxDataBytes && !TryReadOn(out isOver))
        {
            return 0;
        }

        int bytes = (int)Math.Min(Math.Min(_rest.Length, CellLayout.MaxDataBytes), most);
        if (bytes > 0)
        {
            var taken = _rest.Slice(0, bytes);
            taken.CopyTo(RelayMessage.Begin(room, MessageType.Data, stream, bytes));
            _rest = _rest.Slice(taken.End);
            if (_rest.IsEmpty)
            {
                LetGo(taken.End);
            }
        }

        return bytes;
    }

    /// <summary>Nothing more is cut.</summary>
    internal void Complete(Exception? reason = null)
    {
        _rest = default;
        written.Complete(reason);
    }

    private bool TryReadOn(out bool isOver)
    {
        if (!_rest.IsEmpty)
        {
            LetGo(_rest.Start);
        }

        isOver = false;
        if (!written.TryRead(out var result))
        {
            return false;
        }

        _rest = result.Buffer;
        if (_rest.IsEmpty)
        {
            isOver = result.IsCompleted;
            LetGo(_rest.Start);
            return false;
        }

        return true;
    }

    private void LetGo(SequencePosition cut)
    {
        _rest = default;
        written.AdvanceTo(cut);
    }
}
