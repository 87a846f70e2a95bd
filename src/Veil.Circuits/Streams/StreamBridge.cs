using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Tasks;

namespace Veil.Circuits.Streams;

/// <summary>
/// Joins a stream and a connection (spec/exit.md, section 2): bytes of each go to the other, an end of one direction is
/// passed on as such, and whatever breaks one breaks the other.
/// </summary>
public static class StreamBridge
{
    /// <summary>Carries bytes until both directions have ended or one side broke; never throws. The caller disposes the
    /// connection.</summary>
    public static async Task RunAsync(CircuitStream stream, ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(connection);
        stream.WhenBroken(Break);
        await Task.WhenAll(
            PassAsync(stream.Input, connection.Transport.Output, Break),
            PassAsync(connection.Transport.Input, stream.Output, Break));

        void Break()
        {
            stream.Reset();
            connection.Abort(new ConnectionAbortedException("the other side broke"));
        }
    }

    private static async Task PassAsync(PipeReader from, PipeWriter to, Action onBroken)
    {
        Exception? fault = null;
        try
        {
            await CopyAsync(from, to);
        }
        catch (Exception broken)
        {
            fault = broken;
            onBroken();
        }

        await CompleteAsync(from, to, fault);
    }

    private static async Task CopyAsync(PipeReader from, PipeWriter to)
    {
        while (true)
        {
            var read = await from.ReadAsync();
            var flushed = await Pass(read.Buffer, from, to);
            if (read.IsCompleted)
            {
                return;
            }

            if (read.IsCanceled || flushed.IsCanceled || flushed.IsCompleted)
            {
                throw new IOException("nobody takes the bytes any more");
            }
        }
    }

    // What is passed on wakes a link's writing loop, which then runs here.
    private static ValueTask<FlushResult> Pass(in ReadOnlySequence<byte> bytes, PipeReader from, PipeWriter to)
    {
        using var turn = LoopTurn.Begin();
        foreach (var segment in bytes)
        {
            to.Write(segment.Span);
        }

        from.AdvanceTo(bytes.End);
        return to.FlushAsync();
    }

    // Completing sends what is left, which may fail like any other write: there is nobody to tell.
    private static async Task CompleteAsync(PipeReader from, PipeWriter to, Exception? fault)
    {
        try
        {
            await to.CompleteAsync(fault);
            await from.CompleteAsync(fault);
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The other direction finds the same break.
        }
    }
}
