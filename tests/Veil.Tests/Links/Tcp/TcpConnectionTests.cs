using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Tcp;
using Xunit;

namespace Veil.Tests.Links.Tcp;

public sealed class TcpConnectionTests : IDisposable
{
    private readonly TcpTransport _transport = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _transport.Dispose();

    [Fact]
    public async Task What_one_end_flushes_the_other_end_reads_and_answers()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);

        await pair.Client.Transport.Output.WriteAsync("question"u8.ToArray(), Token);
        Assert.Equal("question"u8.ToArray(), await TakeAsync(pair.Server.Transport.Input, 8));
        await pair.Server.Transport.Output.WriteAsync("answer"u8.ToArray(), Token);
        Assert.Equal("answer"u8.ToArray(), await TakeAsync(pair.Client.Transport.Input, 6));
    }

    [Fact]
    public async Task Sixty_four_mebibytes_pass_unchanged_in_both_directions_at_once()
    {
        const long Bytes = 64L << 20;
        await using var pair = await TcpPair.ConnectAsync(_transport);

        await Task.WhenAll(
            SendPatternAsync(pair.Client.Transport.Output, 1, Bytes),
            SendPatternAsync(pair.Server.Transport.Output, 2, Bytes),
            ExpectPatternAsync(pair.Server.Transport.Input, 1, Bytes),
            ExpectPatternAsync(pair.Client.Transport.Input, 2, Bytes));
    }

    [Fact]
    public async Task Completing_the_output_ends_one_direction_and_leaves_the_other()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        pair.Client.Transport.Output.Write("last words"u8);
        await pair.Client.Transport.Output.CompleteAsync();

        Assert.Equal("last words"u8.ToArray(), await TakeAsync(pair.Server.Transport.Input, 10));
        var end = await pair.Server.Transport.Input.ReadAsync(Token);
        Assert.True(end.IsCompleted && end.Buffer.IsEmpty);
        Assert.False(pair.Server.ConnectionClosed.IsCancellationRequested);

        await pair.Server.Transport.Output.WriteAsync("reply"u8.ToArray(), Token);
        Assert.Equal("reply"u8.ToArray(), await TakeAsync(pair.Client.Transport.Input, 5));
    }

    [Fact]
    public async Task Completing_the_output_with_an_exception_resets_and_does_not_look_like_an_end()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        pair.Client.Transport.Output.Write("half a sent"u8);
        await pair.Client.Transport.Output.CompleteAsync(new IOException("the source broke"));

        await Assert.ThrowsAsync<ConnectionResetException>(
            async () => await pair.Server.Transport.Input.ReadAsync(Token));
    }

    [Fact]
    public async Task Abort_resets_the_peers_read_and_closes_its_connection()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        var reading = pair.Server.Transport.Input.ReadAsync(Token);

        pair.Client.Abort();

        await Assert.ThrowsAsync<ConnectionResetException>(async () => await reading);
        Assert.True(pair.Server.ConnectionClosed.IsCancellationRequested);
        Assert.True(pair.Client.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task Abort_makes_the_peers_writes_fail()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        pair.Client.Abort();
        var block = new byte[64 * 1024];

        // The first writes may still land in the kernel's buffer.
        await Assert.ThrowsAsync<ConnectionResetException>(async () =>
        {
            for (var turn = 0; turn < 1000; turn++)
            {
                await pair.Server.Transport.Output.WriteAsync(block, Token);
            }
        });
    }

    [Fact]
    public async Task Abort_ends_this_sides_read_and_a_flush_that_the_peer_does_not_take()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        var reading = pair.Client.Transport.Input.ReadAsync(Token).AsTask();
        var writing = pair.Client.Transport.Output.WriteAsync(new byte[32 << 20], Token).AsTask();
        Assert.False(writing.IsCompleted);

        pair.Client.Abort();

        await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading);
        await Assert.ThrowsAsync<ConnectionAbortedException>(() => writing);
    }

    [Fact]
    public async Task Dispose_while_reading_ends_the_read()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        var reading = pair.Client.Transport.Input.ReadAsync(Token).AsTask();

        await pair.Client.DisposeAsync();

        await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading);
        Assert.True(pair.Client.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task Dispose_ends_the_peers_read_in_order()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        await pair.Client.Transport.Output.WriteAsync("bye"u8.ToArray(), Token);

        await pair.Client.DisposeAsync();

        Assert.Equal("bye"u8.ToArray(), await TakeAsync(pair.Server.Transport.Input, 3));
        Assert.True((await pair.Server.Transport.Input.ReadAsync(Token)).IsCompleted);
    }

    [Fact]
    public async Task Dispose_and_abort_may_be_called_again_in_any_order()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);

        await pair.Client.DisposeAsync();
        await pair.Client.DisposeAsync();
        pair.Client.Abort();
        pair.Server.Abort();
        pair.Server.Abort();
        await pair.Server.DisposeAsync();

        Assert.True(pair.Server.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task A_cancelled_read_leaves_the_connection_usable()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        using var patience = new CancellationTokenSource();
        var reading = pair.Client.Transport.Input.ReadAsync(patience.Token).AsTask();
        patience.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        await pair.Server.Transport.Output.WriteAsync("later"u8.ToArray(), Token);

        Assert.Equal("later"u8.ToArray(), await TakeAsync(pair.Client.Transport.Input, 5));
    }

    [Fact]
    public async Task A_reader_that_does_not_read_stops_the_writer()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        const int Bytes = 32 << 20;
        var writing = pair.Client.Transport.Output.WriteAsync(new byte[Bytes], Token).AsTask();
        Assert.False(writing.IsCompleted);

        await ExpectAsync(pair.Server.Transport.Input, Bytes, (_, _) => { });

        await writing;
    }

    private static async Task<byte[]> TakeAsync(PipeReader reader, int count)
    {
        var read = await reader.ReadAtLeastAsync(count, Token);
        var bytes = read.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }

    // The byte at a place depends on the place beyond any power of two, so that a shifted or repeated block shows.
    private static byte PatternAt(long place, int salt) =>
        unchecked((byte)((place % 65_521) * 31 + salt + place / 65_521));

    private static async Task SendPatternAsync(PipeWriter writer, int salt, long bytes)
    {
        long place = 0;
        while (place < bytes)
        {
            var room = writer.GetMemory();
            var count = (int)Math.Min(room.Length, bytes - place);
            for (var index = 0; index < count; index++)
            {
                room.Span[index] = PatternAt(place + index, salt);
            }

            writer.Advance(count);
            place += count;
            await writer.FlushAsync(Token);
        }

        await writer.CompleteAsync();
    }

    private static Task ExpectPatternAsync(PipeReader reader, int salt, long bytes) =>
        ExpectAsync(reader, bytes, (place, span) =>
        {
            for (var index = 0; index < span.Length; index++)
            {
                if (span[index] != PatternAt(place + index, salt))
                {
                    Assert.Fail($"byte {place + index} is {span[index]}, not {PatternAt(place + index, salt)}");
                }
            }
        });

    private static async Task ExpectAsync(PipeReader reader, long bytes, Action<long, ReadOnlySpan<byte>> check)
    {
        long place = 0;
        while (place < bytes)
        {
            var read = await reader.ReadAsync(Token);
            Assert.False(read.IsCompleted && read.Buffer.IsEmpty, $"ended at {place}");
            foreach (var segment in read.Buffer)
            {
                check(place, segment.Span);
                place += segment.Length;
            }

            reader.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal(bytes, place);
    }
}
