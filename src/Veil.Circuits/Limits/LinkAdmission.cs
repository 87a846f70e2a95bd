using System.Net;
using Veil.Wire;

namespace Veil.Circuits.Limits;

/// <summary>
/// Which connections of strangers may begin a handshake (spec/limits.md, section 7): counts them by address from then
/// to their end, and the handshakes among them. Any thread.
/// </summary>
internal sealed class LinkAdmission(NodeLimits limits)
{
    private readonly AddressTable _addresses = new();
    private int _pending;
    private int _accepting = 1;

    /// <summary>Handshakes under way.</summary>
    internal int Pending => Volatile.Read(ref _pending);

    /// <summary>Addresses that have links or handshakes.</summary>
    internal int Addresses => _addresses.Count;

    /// <summary>Admits nobody from now on.</summary>
    internal void Stop() => Volatile.Write(ref _accepting, 0);

    /// <summary>None when the connection may begin; then <see cref="EndHandshake"/> and <see cref="Leave"/>
    /// follow.</summary>
    internal CloseReason Enter(EndPoint? endPoint, int links)
    {
        if (Volatile.Read(ref _accepting) == 0)
        {
            return CloseReason.Stopping;
        }

        // Counted before it is admitted, and every handshake as the link that it may become, so that several at once do
        // not pass the bound.
        var now = limits.Now;
        int pending = Interlocked.Increment(ref _pending);
        if (pending <= now.MaxPendingLinks && links + pending <= now.MaxLinks
            && _addresses.TryEnter(endPoint, now.MaxLinksPerAddress))
        {
            return CloseReason.None;
        }

        EndHandshake();
        return CloseReason.ResourceLimit;
    }

    /// <summary>The handshake ended, well or badly.</summary>
    internal void EndHandshake() => Interlocked.Decrement(ref _pending);

    /// <summary>The connection ended.</summary>
    internal void Leave(EndPoint? endPoint) => _addresses.Leave(endPoint);
}
