using System.Buffers;
using System.IO.Pipelines;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Onion;
using Veil.Circuits.Streams;
using Veil.Links.Handshake;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Node.Directory;

/// <summary>
/// Asks authorities, and relays for their copies, over a circuit of one hop and one stream each time
/// (spec/directory.md, section 8;
/// spec/circuit.md, section 7).
/// </summary>
internal sealed class DirectoryClient(CircuitContext context, LinkPool links)
{
    // One question with its answer: whoever accepts a circuit and then keeps silent must not hold up the loops that
    // ask.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    /// <summary>Sends one message and takes the answer.</summary>
    /// <returns>The answer's type and body, or null when the authority cannot be reached or does not follow the
    /// protocol.</returns>
    internal Task<DirectoryAnswer?> AskAsync(
        AuthorityDefinition authority,
        DirectoryMessageType type,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        var address = new RelayAddress(
            new LinkTarget(authority.Identity, authority.LinkKey),
            authority.Address.ToEndPoint());
        var hop = new HopTarget(authority.Identity, authority.LinkKey, OnionKeyId.Of(authority.LinkKey).Value);
        return AskAsync(address, hop, type, body, cancellationToken);
    }

    /// <summary>Asks a relay for its copy of the consensus.</summary>
    internal Task<DirectoryAnswer?> AskAsync(RelayEntry relay, ReadOnlyMemory<byte> knownEpoch,
        CancellationToken cancellationToken) =>
        AskAsync(
            NetworkView.AddressOf(relay),
            NetworkView.TargetOf(relay),
            DirectoryMessageType.GetConsensus,
            knownEpoch,
            cancellationToken);

    private async Task<DirectoryAnswer?> AskAsync(
        RelayAddress address,
        HopTarget hop,
        DirectoryMessageType type,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerLimit, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var circuit = await ClientCircuit.BuildAsync(context, links, address, [hop], either.Token);
            var stream = circuit.Open(ServiceId.Directory);
            DirectoryFraming.Write(stream.Output, type, body.Span);
            await stream.Output.FlushAsync(either.Token);
            return await ReadAsync(stream.Input, type, either.Token);
        }
        catch (Exception fault) when (fault is CircuitFailedException or IOException or InvalidOperationException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<DirectoryAnswer?> ReadAsync(
        PipeReader input,
        DirectoryMessageType asked,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var allowed = asked == DirectoryMessageType.GetConsensus
                ? DirectoryFraming.ConsensusReplies
                : DirectoryFraming.DocumentReplies;
            var status = DirectoryFraming.TryRead(ref buffer, allowed, out var message);
            if (status == FrameStatus.Message)
            {
                var answer = new DirectoryAnswer(message.Type, message.Body.ToArray());
                input.AdvanceTo(buffer.Start);
                return answer;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (status == FrameStatus.Malformed || result.IsCompleted)
            {
                return null;
            }
        }
    }
}

/// <summary>What an authority answered.</summary>
internal sealed record DirectoryAnswer(DirectoryMessageType Type, ReadOnlyMemory<byte> Body);
