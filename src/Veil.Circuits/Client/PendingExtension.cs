using Veil.Circuits.Onion;
using Veil.Noise;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>A hop that was asked for and has not answered.</summary>
/// <param name="handshake">After message 1; owned.</param>
/// <param name="relay">The hop.</param>
/// <param name="position">Its position.</param>
/// <param name="onCiphers">Puts the hop into place; on the reading task, before its first cell can be read.</param>
internal sealed class PendingExtension(HybridHandshake handshake, RelayId relay, int position, Action<HopCiphers> onCiphers)
    : IDisposable
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal RelayId Relay => relay;

    internal Task Answer => _answer.Task;

    /// <summary>Takes message 2; false when it does not authenticate. Reading task, once.</summary>
    internal bool TryComplete(ReadOnlySpan<byte> message, CircuitContext context)
    {
        if (message.Length != HopHandshake.SecondBytes || !handshake.TryReadMessage(message, [], out _))
        {
            Fail(CloseReason.HandshakeFailed);
            return false;
        }

        if (HopCiphers.TryCreate(handshake, context.Slab, position, context.Options.CellsPerKey) is not { } ciphers)
        {
            Abandon(CloseReason.ResourceLimit);
            return false;
        }

        onCiphers(ciphers);
        _answer.TrySetResult();
        return true;
    }

    /// <summary>The hop failed.</summary>
    internal void Fail(CloseReason reason) => _answer.TrySetException(new CircuitFailedException(reason, relay));

    /// <summary>Something else failed: nothing is held against the hop.</summary>
    internal void Abandon(CloseReason reason) => _answer.TrySetException(new CircuitFailedException(reason));

    public void Dispose() => handshake.Dispose();
}
