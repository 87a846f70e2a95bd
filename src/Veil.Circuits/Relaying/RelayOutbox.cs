using System.Buffers.Binary;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// A relay's own control messages on one circuit: answers to EXTEND and the ends of branches. Bounded, because a client
/// may go on asking while it takes no answers. Any thread adds, the writing task takes. A value, because most circuits
/// only pass through: it lies in its circuit, is never copied and takes the circuit's lock.
/// </summary>
internal struct RelayOutbox
{
    private const int Bound = 64;

    // Under the lock; none while empty, as it nearly always is.
    private Queue<(MessageType Type, byte[] Data)>? _messages;

    /// <summary>Adds a message; false when there are too many: the circuit must close.</summary>
    internal bool TryAdd(Lock circuitLock, MessageType type, BranchId branch, ReadOnlySpan<byte> rest = default)
    {
        var data = new byte[CellLayout.BranchBytes + rest.Length];
        BinaryPrimitives.WriteUInt16BigEndian(data, branch.Value);
        rest.CopyTo(data.AsSpan(CellLayout.BranchBytes));
        lock (circuitLock)
        {
            _messages ??= new Queue<(MessageType Type, byte[] Data)>();
            if (_messages.Count >= Bound)
            {
                return false;
            }

            _messages.Enqueue((type, data));
            return true;
        }
    }

    /// <summary>Writes the oldest message; false when there is none. Writing task.</summary>
    internal bool TryFill(Lock circuitLock, Span<byte> room)
    {
        if (Volatile.Read(ref _messages) is null)
        {
            return false;
        }

        (MessageType Type, byte[] Data) message;
        lock (circuitLock)
        {
            if (_messages is null || !_messages.TryDequeue(out message))
            {
                return false;
            }

            _messages = _messages.Count == 0 ? null : _messages;
        }

        RelayMessage.Write(room, message.Type, default, message.Data);
        return true;
    }
}
