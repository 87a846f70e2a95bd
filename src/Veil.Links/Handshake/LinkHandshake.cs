using Microsoft.AspNetCore.Connections;
using Veil.Links.Record;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Links.Handshake;

/// <summary>
/// Turns a connection into a <see cref="Link"/> (spec/record.md, section 1). One instance serves all links of a node.
/// </summary>
public sealed class LinkHandshake(
    NetworkId network,
    SecretSource secrets,
    KeySlab slab,
    TimeProvider time,
    LinkOptions options)
{
    /// <summary>Opens a link as initiator: as a client when <paramref name="local"/> is null, else as a
    /// relay.</summary>
    /// <exception cref="LinkRefusedException">The peer is not the target, broke the protocol, or took too
    /// long.</exception>
    public async Task<Link> InitiateAsync(
        ConnectionContext connection,
        LinkTarget target,
        LinkIdentity? local,
        CancellationToken cancellationToken)
    {
        var purpose = local is null ? HandshakePurpose.LinkFromClient : HandshakePurpose.LinkFromRelay;
        if (!StaticKeyPair.IsUsablePublicKey(target.LinkKey.AsSpan()))
        {
            // The relay published a key of small order: its own fault, and nobody else's trouble.
            await connection.DisposeAsync();
            throw new LinkRefusedException(CloseReason.HandshakeFailed);
        }

        using var handshake = HybridHandshake.Initiate(
            local is null ? VeilPattern.NKhfs : VeilPattern.XKhfs,
            LinkPreface.Prologue(purpose, network, target.Relay),
            target.LinkKey.AsSpan(),
            local?.Key,
            secrets);
        return await WithTimeoutAsync(connection, async token =>
        {
            var frames = new HandshakeFrames(connection.Transport);
            var preface = new byte[LinkPreface.Bytes];
            LinkPreface.Write(preface, purpose);
            var first = new byte[LinkPreface.FirstBytes];
            handshake.WriteMessage([], first);
            await frames.WriteMessageAsync(preface, first, token);
            var second = new byte[LinkPreface.SecondBytes];
            if (!await frames.TryReadMessageAsync(second, token) || !handshake.TryReadMessage(second, [], out _))
            {
                throw new LinkRefusedException(CloseReason.HandshakeFailed);
            }

            if (local is not null)
            {
                var third = new byte[LinkPreface.ThirdBytes];
                handshake.WriteMessage(local.Relay.Value.ToArray(), third);
                await frames.WriteMessageAsync(default, third, token);
            }

            return Complete(handshake, connection, new LinkPeer(target.Relay, connection.RemoteEndPoint, true));
        }, cancellationToken);
    }

    /// <summary>Accepts a link as responder.</summary>
    /// <param name="connection">A new connection.</param>
    /// <param name="local">This relay.</param>
    /// <param name="linkKeyOf">The link key that the consensus lists for a relay, or null when it is not
    /// listed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LinkRefusedException">The peer broke the protocol, is not listed, or took too long.</exception>
    public Task<Link> AcceptAsync(
        ConnectionContext connection,
        LinkIdentity local,
        Func<RelayId, Bytes32?> linkKeyOf,
        CancellationToken cancellationToken) => WithTimeoutAsync(connection, async token =>
    {
        var frames = new HandshakeFrames(connection.Transport);
        var preface = new byte[LinkPreface.Bytes];
        if (!await frames.TryReadAsync(preface, token) || !LinkPreface.TryRead(preface, out var purpose))
        {
            throw new LinkRefusedException(CloseReason.HandshakeFailed);
        }

        using var handshake = HybridHandshake.Respond(
            purpose == HandshakePurpose.LinkFromClient ? VeilPattern.NKhfs : VeilPattern.XKhfs,
            LinkPreface.Prologue(purpose, network, local.Relay),
            local.Key,
            secrets);
        var first = new byte[LinkPreface.FirstBytes];
        if (!await frames.TryReadMessageAsync(first, token) || !handshake.TryReadMessage(first, [], out _))
        {
            throw new LinkRefusedException(CloseReason.HandshakeFailed);
        }

        var second = new byte[LinkPreface.SecondBytes];
        handshake.WriteMessage([], second);
        await frames.WriteMessageAsync(default, second, token);
        RelayId? peer = null;
        if (purpose == HandshakePurpose.LinkFromRelay)
        {
            peer = await ReadRelayAsync(frames, handshake, linkKeyOf, token);
        }

        return Complete(handshake, connection, new LinkPeer(peer, connection.RemoteEndPoint, false));
    }, cancellationToken);

    private static async Task<RelayId> ReadRelayAsync(
        HandshakeFrames frames,
        HybridHandshake handshake,
        Func<RelayId, Bytes32?> linkKeyOf,
        CancellationToken cancellationToken)
    {
        var third = new byte[LinkPreface.ThirdBytes];
        var identity = new byte[Bytes32.Size];
        if (!await frames.TryReadMessageAsync(third, cancellationToken)
            || !handshake.TryReadMessage(third, identity, out _))
        {
            throw new LinkRefusedException(CloseReason.HandshakeFailed);
        }

        var relay = new RelayId(new Bytes32(identity));
        return linkKeyOf(relay) is { } listed && listed.AsSpan().SequenceEqual(handshake.RemoteStatic)
            ? relay
            : throw new LinkRefusedException(CloseReason.UnknownRelay);
    }

    private Link Complete(HybridHandshake handshake, ConnectionContext connection, LinkPeer peer)
    {
        CounterCipher? send = null;
        try
        {
            send = handshake.CreateSendCipher(slab, (byte)Lane.Data, RecordLayout.RecordsPerKey);
            var receive = handshake.CreateReceiveCipher(slab, (byte)Lane.Data, RecordLayout.RecordsPerKey);
            return new Link(connection, (send, receive), peer, time, options);
        }
        catch (KeySlabExhaustedException)
        {
            send?.Dispose();
            throw new LinkRefusedException(CloseReason.ResourceLimit);
        }
    }

    private async Task<Link> WithTimeoutAsync(
        ConnectionContext connection,
        Func<CancellationToken, Task<Link>> exchange,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.HandshakeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await exchange(either.Token);
        }
        catch (Exception fault)
        {
            connection.Abort(new ConnectionAbortedException("handshake failed"));

            // What was read and not used lies in lent blocks.
            await connection.Transport.Input.CompleteAsync();
            await connection.Transport.Output.CompleteAsync();
            await connection.DisposeAsync();
            if (fault is LinkRefusedException || cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            // A peer that resets shows as any of these, so none of them is a defect of this node.
            throw fault switch
            {
                _ when timeout.IsCancellationRequested => new LinkRefusedException(CloseReason.HandshakeTimeout),
                IOException or OperationCanceledException or ObjectDisposedException =>
                    new LinkRefusedException(CloseReason.ConnectionFailed),
                _ => fault,
            };
        }
    }
}
