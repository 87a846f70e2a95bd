using Veil.Circuits.Streams;
using Veil.Directory.Authorities;
using Veil.Wire.Documents;

namespace Veil.Node.Directory;

/// <summary>Answers directory messages on streams that end here (spec/directory.md, section 8).</summary>
/// <param name="authority">Answers everything at an authority; null at a relay, which only hands out its copy.</param>
/// <param name="gate">Held while the authority's state is used.</param>
/// <param name="answerConsensus">Answers GET_CONSENSUS at a relay.</param>
/// <param name="time">The clock.</param>
internal sealed class DirectoryService(
    DirectoryResponder? authority,
    Lock gate,
    Action<ulong, System.Buffers.IBufferWriter<byte>> answerConsensus,
    TimeProvider time)
{
    /// <summary>Told after every message that an authority handled: there may be something to be done.</summary>
    internal Action? OnHandled { get; init; }

    /// <summary>Serves one stream until its end; anything malformed resets it.</summary>
    internal async Task ServeAsync(CircuitStream stream)
    {
        try
        {
            while (true)
            {
                var result = await stream.Input.ReadAsync();
                var buffer = result.Buffer;
                FrameStatus status;
                while ((status = TryAnswer(ref buffer, stream)) == FrameStatus.Message)
                {
                    OnHandled?.Invoke();
                }

                stream.Input.AdvanceTo(buffer.Start, buffer.End);
                await stream.Output.FlushAsync();
                if (status == FrameStatus.Malformed || result.IsCompleted)
                {
                    break;
                }
            }

            await stream.Output.CompleteAsync();
            await stream.Input.CompleteAsync();
        }
        catch (StreamResetException)
        {
            // The client is gone.
        }
    }

    private FrameStatus TryAnswer(ref System.Buffers.ReadOnlySequence<byte> buffer, CircuitStream stream)
    {
        var allowed = authority is null ? DirectoryFraming.Requests : DirectoryFraming.AuthorityRequests;
        var status = DirectoryFraming.TryRead(ref buffer, allowed, out var message);
        if (status != FrameStatus.Message)
        {
            return status;
        }

        if (authority is not null)
        {
            lock (gate)
            {
                authority.Answer(message, time.GetUtcNow(), stream.Output);
            }
        }
        else if (message.Type == DirectoryMessageType.GetConsensus)
        {
            answerConsensus(message.KnownEpoch(), stream.Output);
        }
        else
        {
            DirectoryFraming.WriteOutcome(stream.Output, RefusalCode.NotAuthority, time.GetUtcNow());
        }

        return status;
    }
}
