using Microsoft.AspNetCore.Connections;
using Veil.Links;
using Veil.Links.Handshake;
using Veil.Wire;

namespace Veil.Circuits;

/// <summary>Takes the connections of strangers and makes links of those that keep to the rules (spec/record.md, section
/// 1).</summary>
internal sealed class LinkAcceptor(
    LinkPool pool,
    CircuitContext context,
    (LinkHandshake Handshake, LinkIdentity Local) parts,
    Func<RelayId, Bytes32?> linkKeyOf)
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    /// <summary>Accepts until the listener is unbound or the token says so.</summary>
    internal async Task RunAsync(IConnectionListener listener, CancellationToken cancellationToken)
    {
        while (await NextAsync(listener, cancellationToken) is { } connection)
        {
            var refusal = pool.Admission.Enter(connection.RemoteEndPoint, pool.Count);
            if (refusal != CloseReason.None)
            {
                pool.Counters.Count(refusal);
                connection.Abort(new ConnectionAbortedException("no more links"));
                await connection.DisposeAsync();
            }
            else if (!context.Scope.Start(token => AcceptOneAsync(connection, token)))
            {
                pool.Admission.EndHandshake();
                pool.Admission.Leave(connection.RemoteEndPoint);
                await connection.DisposeAsync();
            }
        }
    }

    private async ValueTask<ConnectionContext?> NextAsync(IConnectionListener listener,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(cancellationToken);
            }
            catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException)
            {
                // Descriptors are used up: the listener stays usable, and some come free with time.
                pool.Counters.Count(CloseReason.ConnectionFailed);
                await Task.Delay(AcceptPause, context.Time, cancellationToken);
            }
        }
    }

    private async Task AcceptOneAsync(
        ConnectionContext connection,
        CancellationToken cancellationToken)
    {
        // Counted as a handshake until it is counted as a link.
        bool isPending = true;
        void EndHandshake()
        {
            if (isPending)
            {
                isPending = false;
                pool.Admission.EndHandshake();
            }
        }

        try
        {
            if (await HandshakeAsync(connection, cancellationToken) is { } link)
            {
                await pool.RunAsync(link, _ => EndHandshake());
            }
        }
        finally
        {
            EndHandshake();
            pool.Admission.Leave(connection.RemoteEndPoint);
        }
    }

    private async Task<Link?> HandshakeAsync(
        ConnectionContext connection,
        CancellationToken cancellationToken)
    {
        try
        {
            var link = await parts.Handshake.AcceptAsync(connection, parts.Local, linkKeyOf, cancellationToken);
            if (link.Peer.Relay is { } relay)
            {
                pool.Reached(relay);
            }
            else if (context.Limits.Paused)
            {
                pool.Counters.Count(CloseReason.Paused);
                link.Dispose();
                await connection.DisposeAsync();
                return null;
            }

            return link;
        }
        catch (LinkRefusedException refused)
        {
            pool.Counters.Count(refused.Reason);
            return null;
        }
    }
}
