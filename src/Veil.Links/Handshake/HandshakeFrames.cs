using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Veil.Links.Handshake;

/// <summary>Moves the handshake's frames of known size over a connection (spec/record.md, section 1).</summary>
internal sealed class HandshakeFrames(IDuplexPipe transport)
{
    /// <summary>Reads exactly <paramref name="destination"/>; false when the stream ends before.</summary>
    public async ValueTask<bool> TryReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var result = await transport.Input.ReadAtLeastAsync(destination.Length, cancellationToken);
        if (result.Buffer.Length < destination.Length)
        {
            transport.Input.AdvanceTo(result.Buffer.Start);
            return false;
        }

        var taken = result.Buffer.Slice(0, destination.Length);
        Copy(taken, destination.Span);
        transport.Input.AdvanceTo(taken.End);
        return true;
    }

    /// <summary>Reads a message of exactly <paramref name="message"/>'s size with its length; false when it is any
    /// other.</summary>
    public async ValueTask<bool> TryReadMessageAsync(Memory<byte> message, CancellationToken cancellationToken)
    {
        var frame = new byte[LinkPreface.LengthBytes + message.Length];
        if (!await TryReadAsync(frame.AsMemory(0, LinkPreface.LengthBytes), cancellationToken)
            || BinaryPrimitives.ReadUInt16BigEndian(frame) != message.Length)
        {
            return false;
        }

        return await TryReadAsync(message, cancellationToken);
    }

    /// <summary>Sends the preface, if any, and one message with its length.</summary>
    public async ValueTask WriteMessageAsync(
        ReadOnlyMemory<byte> preface,
        ReadOnlyMemory<byte> message,
        CancellationToken cancellationToken)
    {
        var frame = new byte[preface.Length + LinkPreface.LengthBytes + message.Length];
        preface.CopyTo(frame);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(preface.Length), (ushort)message.Length);
        message.CopyTo(frame.AsMemory(preface.Length + LinkPreface.LengthBytes));
        await transport.Output.WriteAsync(frame, cancellationToken);
    }

    private static void Copy(in System.Buffers.ReadOnlySequence<byte> source, Span<byte> destination) =>
        System.Buffers.BuffersExtensions.CopyTo(source, destination);
}
