using System.Buffers.Binary;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// A relay's own control messages on one circuit: answers to EXTEND and the ends of branches. Bounded, because a client
/// may go on asking while it takes no answers. Any thread adds, the writing task takes.
/// </summary>
internal sealed class RelayOutbox
{
    private const int Bound = 64;

    private readonly Lock _lock = new();
    private readonly Queue<(MessageType Type, byte[] Data)> _messages = new();

    /// <summary>Adds a message; false when there are too many: the circuit must close.</summary>
    internal bool TryAdd(MessageType type, BranchId branch, ReadOnlySpan<byte> rest = default)
    {
        var data = new byte[CellLayout.BranchBytes + rest.Length];
        BinaryPrimitives.WriteUInt16BigEndian(data, branch.Value);
        rest.CopyTo(data.AsSpan(CellLayout.BranchBytes));
        lock (_lock)
        {
            if (_messages.Count >= Bound)
            {
                return false;
            }

            _messages.Enqueue((type, data));
            return true;
        }
    }

    internal bool TryFill(Span<byte> room)
    {
        (MessageType Type, byte[] Data) message;
        lock (_lock)
        {
            if (!_messages.TryDequeue(out message))
            {
                return false;
            }
        }

        RelayMessage.Write(room, message.Type, default, message.Data);
        return true;
    }
}
