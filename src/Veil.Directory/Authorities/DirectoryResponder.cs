using System.Buffers;
using Veil.Wire.Documents;

namespace Veil.Directory.Authorities;

/// <summary>
/// Answers directory messages at an authority (spec/directory.md, section 8): one answer for each message. No I/O:
/// whoever owns the stream reads with <see cref="DirectoryFraming.AuthorityRequests"/> and sends what is written.
/// </summary>
public sealed class DirectoryResponder
{
    private readonly AuthorityCore _authority;

    /// <summary>Answers for <paramref name="authority"/>.</summary>
    public DirectoryResponder(AuthorityCore authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        _authority = authority;
    }

    /// <summary>Handles one request and writes its answer.</summary>
    /// <exception cref="ArgumentException">The message is not a request.</exception>
    public void Answer(DirectoryMessage message, DateTimeOffset now, IBufferWriter<byte> output)
    {
        switch (message.Type)
        {
            case DirectoryMessageType.GetConsensus:
                AnswerConsensus(_authority.Current, message.KnownEpoch(), now, output);
                break;
            case DirectoryMessageType.PublishDescriptor:
                DirectoryFraming.WriteOutcome(output, _authority.OnDescriptor(message.Body.ToArray(), now), now);
                break;
            case DirectoryMessageType.Vote:
                DirectoryFraming.WriteOutcome(output, _authority.OnVote(message.Body.ToArray(), now), now);
                break;
            case DirectoryMessageType.Signature:
                DirectoryFraming.WriteOutcome(output, _authority.OnSignature(message.Body.ToArray(), now), now);
                break;
            default:
                throw new ArgumentException($"{message.Type} is not a request", nameof(message));
        }
    }

    /// <summary>
    /// Answers GET_CONSENSUS from what a node holds, an authority or a relay that keeps a copy. A consensus that is
    /// over is not handed out.
    /// </summary>
    public static void AnswerConsensus(
        Consensus? current, ulong knownEpoch, DateTimeOffset now, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (current is null || now >= current.ValidUntil)
        {
            DirectoryFraming.WriteAnswer(output, DirectoryMessageType.NoneYet, now, []);
        }
        else if (current.Epoch <= knownEpoch)
        {
            DirectoryFraming.WriteAnswer(output, DirectoryMessageType.NotNewer, now, []);
        }
        else
        {
            DirectoryFraming.WriteAnswer(
                output, DirectoryMessageType.Consensus, now, current.Document.Bytes.Span);
        }
    }
}
