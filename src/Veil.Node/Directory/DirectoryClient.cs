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
internal sealed class DirectoryClient(
    CircuitContext context,
    LinkPool links,
    NetworkDefinition network,
    NetworkHealth health)
{
    // One question with its answer: whoever accepts a circuit and then keeps silent must not hold up the loops that
    // ask. In a lab, not for many epochs.
    private readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(Math.Clamp(network.EpochSeconds / 2.0, 5, 60));

    /// <summary>Sends one message and takes the answer.</summary>
    /// <returns>The answer, or why there is none.</returns>
    internal Task<DirectoryAnswer> AskAsync(
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
    internal Task<DirectoryAnswer> AskAsync(RelayEntry relay, ReadOnlyMemory<byte> knownEpoch,
        CancellationToken cancellationToken) =>
        AskAsync(
            NetworkView.AddressOf(relay),
            NetworkView.TargetOf(relay),
            DirectoryMessageType.GetConsensus,
            knownEpoch,
            cancellationToken);

    private async Task<DirectoryAnswer> AskAsync(
        RelayAddress address,
        HopTarget hop,
        DirectoryMessageType type,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_answerLimit, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        DirectoryAnswer answer;
        try
        {
            using var circuit = await ClientCircuit.BuildAsync(context, links, address, [hop], either.Token);
            var stream = circuit.Open(ServiceId.Directory);
            long asked = context.Time.GetTimestamp();
            DirectoryFraming.Write(stream.Output, type, body.Span);
            await stream.Output.FlushAsync(either.Token);
            answer = await ReadAsync((stream.Input, hop.Relay, asked), type, either.Token);
        }
        catch (CircuitFailedException fault)
        {
            answer = DirectoryAnswer.None(fault.Reason);
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            answer = DirectoryAnswer.None(CloseReason.ConnectionFailed);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            answer = DirectoryAnswer.None(CloseReason.HandshakeTimeout);
        }

        health.Asked(hop.Relay, answer.Failure);
        return answer;
    }

    private async Task<DirectoryAnswer> ReadAsync(
        (PipeReader Input, RelayId Responder, long Asked) stream,
        DirectoryMessageType asked,
        CancellationToken cancellationToken)
    {
        TimeSpan? roundTrip = null;
        while (true)
        {
            var result = await stream.Input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;

            // The time stands at the beginning: how long the rest of a large answer takes does not blur it.
            roundTrip ??= context.Time.GetElapsedTime(stream.Asked);
            var allowed = asked == DirectoryMessageType.GetConsensus
                ? DirectoryFraming.ConsensusReplies
                : DirectoryFraming.DocumentReplies;
            var status = DirectoryFraming.TryRead(ref buffer, allowed, out var message);
            if (status == FrameStatus.Message)
            {
                var answer = Open(
                    message, stream.Responder, context.Time.GetElapsedTime(stream.Asked), roundTrip.Value);
                stream.Input.AdvanceTo(buffer.Start);
                return answer;
            }

            stream.Input.AdvanceTo(buffer.Start, buffer.End);
            if (status == FrameStatus.Malformed || result.IsCompleted)
            {
                return DirectoryAnswer.None(
                    status == FrameStatus.Malformed ? CloseReason.Malformed : CloseReason.PeerClosed);
            }
        }
    }

    private DirectoryAnswer Open(DirectoryMessage message, RelayId responder, TimeSpan whole, TimeSpan roundTrip)
    {
        if (!message.TryTime(out var theirs))
        {
            return DirectoryAnswer.None(CloseReason.Malformed);
        }

        // As if the first bytes were all: the responder's clock went on while the rest came.
        health.Heard(responder, theirs + (whole - roundTrip), roundTrip);
        return new DirectoryAnswer(message.Type)
        {
            Document = message.Type == DirectoryMessageType.Consensus ? message.Document().ToArray() : default,
            Refusal = message.Type == DirectoryMessageType.Refused ? message.Refusal() : RefusalCode.None,
        };
    }
}

/// <summary>What was answered, or why nothing was.</summary>
/// <param name="Type">The answer's type; none if there was no answer.</param>
internal sealed record DirectoryAnswer(DirectoryMessageType Type)
{
    /// <summary>The consensus, if it is one.</summary>
    internal ReadOnlyMemory<byte> Document { get; init; }

    /// <summary>Why a document was refused, if it was.</summary>
    internal RefusalCode Refusal { get; init; }

    /// <summary>Why there is no answer; none if there is one.</summary>
    internal CloseReason Failure { get; init; }

    /// <summary>Whether there is an answer.</summary>
    internal bool IsThere => Type != DirectoryMessageType.None;

    /// <summary>No answer.</summary>
    internal static DirectoryAnswer None(CloseReason reason) => new(DirectoryMessageType.None)
    {
        Failure = reason == CloseReason.None ? CloseReason.ConnectionFailed : reason,
    };
}
