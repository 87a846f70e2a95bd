using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Handshake;
using Veil.Links.Tcp;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>The link port of a node, and the key that whoever connects must know.</summary>
internal sealed record LinkPort(IPEndPoint EndPoint, LinkTarget Target);

/// <summary>
/// Connections of somebody who does not keep to the protocol. Each method says what it has to say and waits until the
/// other end has closed the connection.
/// </summary>
internal sealed class Stranger(
    TcpTransport transport, NetworkId network, (KeySlab Slab, SecretSource Secrets) keys, byte[] noise)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Says nothing.</summary>
    internal Task NothingAsync(IPEndPoint place) => SayAsync(place, []);

    /// <summary>Says what comes to mind.</summary>
    internal Task RandomAsync(IPEndPoint place) => SayAsync(place, noise);

    /// <summary>Says these bytes.</summary>
    /// <returns>What was answered before the end.</returns>
    internal async Task<byte[]> SayAsync(IPEndPoint place, byte[] words)
    {
        await using var connection = await transport.ConnectAsync(place, Token);
        return await SayAsync(connection, words);
    }

    /// <summary>Begins message 1 and stops in the middle.</summary>
    internal Task HalfAMessageAsync(LinkPort port) =>
        SayAsync(port.EndPoint, First(port.Target, HandshakePurpose.LinkFromClient)[..700]);

    /// <summary>Begins well and says no more: a relay that owes message 3.</summary>
    internal async Task AllButTheLastMessageAsync(LinkPort port)
    {
        var answer = await SayAsync(port.EndPoint, First(port.Target, HandshakePurpose.LinkFromRelay));
        Assert.Equal(LinkPreface.LengthBytes + LinkPreface.SecondBytes, answer.Length);
    }

    /// <summary>A good handshake, for another relay.</summary>
    internal async Task ForAnotherAsync(LinkPort port, LinkPort other) =>
        Assert.Empty(await SayAsync(port.EndPoint, First(other.Target, HandshakePurpose.LinkFromClient)));

    /// <summary>A message that says it has 65,535 bytes.</summary>
    internal async Task OverlongMessageAsync(LinkPort port)
    {
        var words = First(port.Target, HandshakePurpose.LinkFromClient);
        words.AsSpan(LinkPreface.Bytes, LinkPreface.LengthBytes).Fill(0xFF);
        Assert.Empty(await SayAsync(port.EndPoint, words));
    }

    /// <summary>A good link, then a record of so many cells whose tag is wrong.</summary>
    internal async Task BadRecordAsync(LinkPort port, byte cells)
    {
        await using var connection = await transport.ConnectAsync(port.EndPoint, Token);
        var handshake = new LinkHandshake(
            network, keys.Secrets, keys.Slab, TimeProvider.System, new Veil.Links.LinkOptions());
        using var link = await handshake.InitiateAsync(connection, port.Target, local: null, Token);
        await SayAsync(connection, [cells, .. noise]);
    }

    // Preface, length and message 1.
    private byte[] First(LinkTarget target, HandshakePurpose purpose)
    {
        var prologue = new byte[HandshakePrologue.Length];
        HandshakePrologue.Write(
            prologue,
            purpose,
            0,
            network.Value.AsSpan(),
            target.Relay.Value.AsSpan(),
            new byte[HandshakePrologue.OnionKeyIdLength]);
        var fromRelay = purpose == HandshakePurpose.LinkFromRelay;
        using var own = StaticKeyPair.Generate(keys.Secrets, keys.Slab);
        using var handshake = HybridHandshake.Initiate(
            fromRelay ? VeilPattern.XKhfs : VeilPattern.NKhfs,
            prologue,
            target.LinkKey.AsSpan(),
            fromRelay ? own : null,
            keys.Secrets);
        var words = new byte[LinkPreface.Bytes + LinkPreface.LengthBytes + LinkPreface.FirstBytes];
        LinkPreface.Write(words.AsSpan(0, LinkPreface.Bytes), purpose);
        BinaryPrimitives.WriteUInt16BigEndian(words.AsSpan(LinkPreface.Bytes), LinkPreface.FirstBytes);
        handshake.WriteMessage([], words.AsSpan(LinkPreface.Bytes + LinkPreface.LengthBytes));
        return words;
    }

    // A reset is an end, too: what the other end has not read makes the system send one.
    private static async Task<byte[]> SayAsync(ConnectionContext connection, byte[] words)
    {
        var heard = new ArrayBufferWriter<byte>();
        try
        {
            if (words.Length > 0)
            {
                await connection.Transport.Output.WriteAsync(words, Token);
            }

            while (true)
            {
                var result = await connection.Transport.Input.ReadAsync(Token);
                foreach (var part in result.Buffer)
                {
                    heard.Write(part.Span);
                }

                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // The reset: what came before it was heard.
        }

        return heard.WrittenSpan.ToArray();
    }
}
