using Veil.Circuits.Onion;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>A hop that was asked for and has not answered.</summary>
/// <param name="handshake">After message 1; owned.</param>
/// <param name="relay">The hop.</param>
/// <param name="position">Its position.</param>
/// <param name="onCiphers">Puts the hop into place; on the reading task, before its first cell can be read.</param>
internal sealed class PendingExtension(HybridHandshake handshake, RelayId relay, int position,
    Action<HopCiphers> onCiphers)
    : IDisposable
{
    private readonly Promise<bool> _answer = new();

    // The waiter may give up while the answer is being taken in.
    private readonly Lock _handshaking = new();
    private bool _disposed;

    internal RelayId Relay => relay;

    /// <summary>Completes when the hop is in place.</summary>
    internal Task<bool> AnswerAsync(CancellationToken cancellationToken) => _answer.WaitAsync(cancellationToken);

    /// <summary>Takes message 2; false when it does not authenticate. Reading task, once.</summary>
    internal bool TryComplete(ReadOnlySpan<byte> message, CircuitContext context)
    {
        lock (_handshaking)
        {
            if (_disposed)
            {
                return true;
            }

            if (message.Length != HopHandshake.SecondBytes || !handshake.TryReadMessage(message, [], out _))
            {
                Fail(CloseReason.HandshakeFailed);
                return false;
            }

            var ciphers = HopCiphers.TryCreate(handshake, context.Slab, position, context.Options.CellsPerKey);
            if (ciphers is null)
            {
                Abandon(CloseReason.ResourceLimit);
                return false;
            }

            onCiphers(ciphers);
        }

        _answer.TryKeep(true);
        return true;
    }

    /// <summary>Something else failed: nothing is held against the hop.</summary>
    internal void Abandon(CloseReason reason) => _answer.TryBreak(new CircuitFailedException(reason));

    /// <summary>The hop failed.</summary>
    internal void Fail(CloseReason reason) => _answer.TryBreak(new CircuitFailedException(reason, relay));

    public void Dispose()
    {
        lock (_handshaking)
        {
            _disposed = true;
            handshake.Dispose();
        }
    }
}
