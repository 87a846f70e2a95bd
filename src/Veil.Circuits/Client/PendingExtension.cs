using Veil.Circuits.Onion;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>A hop that is asked for and has not answered.</summary>
internal sealed class PendingExtension : IDisposable
{
    private readonly HybridHandshake _handshake;
    private readonly Action<HopCiphers> _onCiphers;
    private readonly Promise<bool> _answer = new();

    // The waiter may give up while the answer is being taken in.
    private readonly Lock _handshaking = new();
    private bool _disposed;

    private PendingExtension(HybridHandshake handshake, HopTarget target, int position, Action<HopCiphers> onCiphers)
    {
        _handshake = handshake;
        Target = target;
        Position = position;
        _onCiphers = onCiphers;
    }

    /// <summary>The hop's identity and key.</summary>
    internal HopTarget Target { get; }

    /// <summary>Its position, 1 for the guard.</summary>
    internal int Position { get; }

    /// <summary>The hop.</summary>
    internal RelayId Relay => Target.Relay;

    /// <summary>Message 1 of its handshake.</summary>
    internal byte[] Message { get; } = new byte[HopHandshake.FirstBytes];

    /// <summary>Makes message 1, which depends on nothing that other hops answer.</summary>
    /// <param name="context">What the node's circuits share.</param>
    /// <param name="target">Its onion key is usable.</param>
    /// <param name="position">1 for the guard.</param>
    /// <param name="onCiphers">Puts the hop into place; on the reading task, before its first cell can be read.</param>
    internal static PendingExtension Begin(
        CircuitContext context,
        HopTarget target,
        int position,
        Action<HopCiphers> onCiphers)
    {
        var handshake = HopHandshake.Initiate(context.Network, target, position, context.Secrets);
        var extension = new PendingExtension(handshake, target, position, onCiphers);
        handshake.WriteMessage([], extension.Message);
        return extension;
    }

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

            if (message.Length != HopHandshake.SecondBytes || !_handshake.TryReadMessage(message, [], out _))
            {
                Fail(CloseReason.HandshakeFailed);
                return false;
            }

            var ciphers = HopCiphers.TryCreate(_handshake, context.Slab, Position, context.Options.CellsPerKey);
            if (ciphers is null)
            {
                Abandon(CloseReason.ResourceLimit);
                return false;
            }

            _onCiphers(ciphers);
        }

        _answer.TryKeep(true);
        return true;
    }

    /// <summary>Something else failed: nothing is held against the hop.</summary>
    internal void Abandon(CloseReason reason) => _answer.TryBreak(new CircuitFailedException(reason));

    /// <summary>The hop failed.</summary>
    internal void Fail(CloseReason reason) => _answer.TryBreak(new CircuitFailedException(reason, Relay));

    public void Dispose()
    {
        lock (_handshaking)
        {
            _disposed = true;
            _handshake.Dispose();
        }
    }
}
