using System.Buffers;
using Veil.Directory.Authorities;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

public sealed class DirectoryResponderTests
{
    [Fact]
    public void A_consensus_is_answered_by_what_the_asker_knows()
    {
        var consensus = DirectoryRig.ConsensusOf([DirectoryRig.Entry(0)]);
        DirectoryMessageType Ask(ulong known, DateTimeOffset now)
        {
            var output = new ArrayBufferWriter<byte>();
            DirectoryResponder.AnswerConsensus(consensus, known, now, output);
            var buffer = new ReadOnlySequence<byte>(output.WrittenMemory);
            Assert.Equal(
                FrameStatus.Message,
                DirectoryFraming.TryRead(ref buffer, DirectoryFraming.ConsensusReplies, out var message));
            Assert.True(buffer.IsEmpty);
            Assert.True(message.TryTime(out var time));
            Assert.Equal(now, time);
            return message.Type;
        }

        Assert.Equal(DirectoryMessageType.Consensus, Ask(0, consensus.ValidAfter));
        Assert.Equal(DirectoryMessageType.Consensus, Ask(consensus.Epoch - 1, consensus.ValidAfter));
        Assert.Equal(DirectoryMessageType.NotNewer, Ask(consensus.Epoch, consensus.ValidAfter));
        Assert.Equal(DirectoryMessageType.NoneYet, Ask(0, consensus.ValidUntil));
    }

    [Fact]
    public void An_authority_answers_each_request_once()
    {
        var network = DirectoryRig.Network();
        using var key = DirectoryRig.AuthorityKey(0);
        var authority = new AuthorityCore(
            new AuthorityOptions { Network = network, Identity = key }, new SeededDecisions(1));
        var responder = new DirectoryResponder(authority);
        var requests = new ArrayBufferWriter<byte>();
        var descriptor = DirectoryRig.Sign(DirectoryRig.Descriptor(network, 1), 1);
        DirectoryFraming.Write(requests, DirectoryMessageType.PublishDescriptor, descriptor.Span);
        DirectoryFraming.Write(requests, DirectoryMessageType.PublishDescriptor, new byte[200]);
        DirectoryFraming.WriteGetConsensus(requests, 0);
        DirectoryFraming.Write(requests, DirectoryMessageType.Vote, new byte[200]);
        DirectoryFraming.Write(requests, DirectoryMessageType.Signature, new byte[200]);

        var input = new ReadOnlySequence<byte>(requests.WrittenMemory);
        var answers = new ArrayBufferWriter<byte>();
        while (DirectoryFraming.TryRead(ref input, DirectoryFraming.AuthorityRequests, out var request)
            == FrameStatus.Message)
        {
            responder.Answer(request, network.StartOf(DirectoryRig.Epoch), answers);
        }

        var output = new ReadOnlySequence<byte>(answers.WrittenMemory);
        DirectoryMessageType[] all = [.. DirectoryFraming.DocumentReplies, .. DirectoryFraming.ConsensusReplies];
        List<string> seen = [];
        while (DirectoryFraming.TryRead(ref output, all, out var answer) == FrameStatus.Message)
        {
            seen.Add(answer.Type == DirectoryMessageType.Refused ? $"{answer.Refusal()}" : $"{answer.Type}");
        }

        Assert.Equal(["Accepted", "Malformed", "NoneYet", "NotAuthority", "NotAuthority"], seen);
    }
}
