using Veil.Content.Transfers;

namespace Veil.Node.Control;

/// <summary>A request's body. Its failures are the client's: none may pass for one of the node's disk.</summary>
internal sealed class RequestBody(Stream body) : ForwardReadStream
{
    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            throw ControlErrors.BadRequest();
        }
    }
}
