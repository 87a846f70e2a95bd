using Veil.Content.Transfers;

namespace Veil.Node.Control;

/// <summary>The first bytes of a body: it ends there, whatever follows. Who gives the body disposes it.</summary>
internal sealed class BodyPart(Stream body, long length) : ForwardReadStream
{
    private long _left = length;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0)
        {
            return 0;
        }

        int read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        _left -= read;
        return read;
    }
}
