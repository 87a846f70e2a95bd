#pragma warning disable RS0030 // See ControlSocket.
using System.Net.Sockets;

namespace Veil.Node.Control;

/// <summary>
/// A connection that takes all that has come at once and hands it out in pieces: HTTP/2 asks for little more than a
/// frame at a time, and each asking would be a call of the system. One reader.
/// </summary>
internal sealed class GatheringStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private const int BufferBytes = 128 * 1024;

    private readonly byte[] _gathered = new byte[BufferBytes];
    private int _start;
    private int _end;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end)
        {
            return ValueTask.FromResult(Take(buffer));
        }

        return buffer.IsEmpty || buffer.Length >= BufferBytes
            ? base.ReadAsync(buffer, cancellationToken)
            : GatherAsync(buffer, cancellationToken);
    }

    private async ValueTask<int> GatherAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        (_start, _end) = (0, await base.ReadAsync(_gathered, cancellationToken));
        return Take(buffer);
    }

    private int Take(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _end - _start);
        _gathered.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }
}
