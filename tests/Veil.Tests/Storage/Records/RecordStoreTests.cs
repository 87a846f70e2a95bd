using System.Buffers;
using System.IO.Pipelines;
using Veil.Content.Names;
using Veil.Simulation.Storage;
using Veil.Storage.Records;
using Veil.Storage.Serving;
using Veil.Tests.Content.Names;
using Veil.Tests.Rig;
using Veil.Wire.Names;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage.Records;

/// <summary>Records of names at a store: which are kept, and that they are there after a crash (spec/store.md, section
/// 9).</summary>
public sealed class RecordStoreTests : IDisposable
{
    private readonly ManualTime _time = new(StoreRig.Start);
    private readonly NameKey _key = NameRig.Key(3);
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("veil-names-").FullName;

    public RecordStoreTests() => _time.Advance(NameRig.Today.Start + TimeSpan.FromHours(12) - _time.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _key.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_highest_number_counts_and_two_of_one_number_are_a_fork()
    {
        await using var store = await OpenAsync();
        var (second, fork, third) = (
            NameRig.Record(_key, 2), NameRig.Record(_key, 2, target: 2), NameRig.Record(_key, 2, target: 3));
        Assert.Equal((null, null), store.Find(second.Key));

        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(second, Token));
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(second, Token));
        Assert.Equal(RecordOutcome.Outdated, await store.PutAsync(NameRig.Record(_key, 1), Token));
        Assert.Equal((second, null), store.Find(second.Key));

        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(fork, Token));
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(fork, Token));
        Assert.Equal(RecordOutcome.Outdated, await store.PutAsync(third, Token));
        Assert.Equal((second, fork), store.Find(second.Key));

        var next = NameRig.Record(_key, 3);
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(next, Token));
        Assert.Equal((next, null), store.Find(next.Key));
        Assert.Equal(1, store.Count);
    }

    [Fact]
    public async Task Days_that_are_over_or_too_far_ahead_are_not_kept()
    {
        await using var store = await OpenAsync();
        Assert.Equal(RecordOutcome.WrongDay, await store.PutAsync(NameRig.Record(_key, 1, day: -2), Token));
        Assert.Equal(RecordOutcome.WrongDay, await store.PutAsync(NameRig.Record(_key, 1, day: 32), Token));
        var yesterday = NameRig.Record(_key, 1, day: -1);
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(yesterday, Token));
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(NameRig.Record(_key, 1, day: 31), Token));
        Assert.Equal(2, System.IO.Directory.GetFiles(_folder).Length);

        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal((null, null), store.Find(yesterday.Key));
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(NameRig.Record(_key, 1), Token));
        Assert.Equal(2, System.IO.Directory.GetFiles(_folder).Length);
        Assert.Equal(2, store.Count);
    }

    [Fact]
    public async Task A_day_has_room_for_so_many_names_and_those_there_may_still_change()
    {
        await using var store = await OpenAsync(maxPerDay: 2);
        using var other = NameRig.Key(4);
        using var third = NameRig.Key(5);
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(NameRig.Record(_key, 1), Token));
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(NameRig.Record(other, 1), Token));
        Assert.Equal(RecordOutcome.Full, await store.PutAsync(NameRig.Record(third, 1), Token));
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(NameRig.Record(other, 2), Token));
        Assert.Equal(RecordOutcome.Stored, await store.PutAsync(NameRig.Record(third, 1, day: 1), Token));
    }

    [Fact]
    public async Task What_was_answered_is_there_after_a_crash_and_a_torn_end_is_not()
    {
        var (second, fork, tomorrow) = (
            NameRig.Record(_key, 2), NameRig.Record(_key, 2, target: 2), NameRig.Record(_key, 2, day: 1));
        await using (var store = await OpenAsync())
        {
            foreach (var record in new[] { NameRig.Record(_key, 1), second, fork, tomorrow })
            {
                Assert.Equal(RecordOutcome.Stored, await store.PutAsync(record, Token));
            }
        }

        // As a kill in the middle of a write leaves it, and one byte that the disk lost.
        var file = System.IO.Directory.GetFiles(_folder).Order().First();
        await using (var torn = new FileStream(file, FileMode.Append))
        {
            torn.Write(NameRig.Record(_key, 3).Bytes.Span);
        }

        var last = System.IO.Directory.GetFiles(_folder).Order().Last();
        var damaged = await File.ReadAllBytesAsync(last, Token);
        damaged[100] ^= 1;
        await File.WriteAllBytesAsync(last, damaged, Token);
        await File.WriteAllTextAsync(Path.Combine(_folder, "stranger.txt"), "not ours", Token);

        await using var again = await OpenAsync();
        Assert.Equal((second, fork), again.Find(second.Key));
        Assert.Equal((null, null), again.Find(tomorrow.Key));
        var third = NameRig.Record(_key, 3);
        Assert.Equal(RecordOutcome.Stored, await again.PutAsync(third, Token));
        Assert.Equal(RecordOutcome.Stored, await again.PutAsync(tomorrow, Token));
        await again.DisposeAsync();

        await using var lastTime = await OpenAsync();
        Assert.Equal((third, null), lastTime.Find(third.Key));
        Assert.Equal((tomorrow, null), lastTime.Find(tomorrow.Key));
        Assert.True(File.Exists(Path.Combine(_folder, "stranger.txt")));
    }

    [Fact]
    public async Task A_name_that_changes_all_the_time_does_not_grow_its_file_for_ever()
    {
        await using var store = await OpenAsync();
        for (ulong sequence = 1; sequence <= 600; sequence++)
        {
            Assert.Equal(RecordOutcome.Stored, await store.PutAsync(NameRig.Record(_key, sequence), Token));
        }

        var file = Assert.Single(System.IO.Directory.GetFiles(_folder));
        Assert.InRange(new FileInfo(file).Length, 1, 300 * 528);
        Assert.Equal(600UL, store.Find(NameRig.Record(_key, 600).Key).First!.Sequence);
    }

    [Fact]
    public async Task Records_and_their_folder_are_for_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no modes there");
        await using var store = await OpenAsync();
        await store.PutAsync(NameRig.Record(_key, 1), Token);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Assert.Single(System.IO.Directory.GetFiles(_folder))));
        }
    }

    [Fact]
    public async Task A_stream_puts_gets_and_misses_records_and_refusals_say_why()
    {
        await using var records = await OpenAsync();
        await using var blocks = new MemoryBlockStore(MemoryBlockStore.BytesPerBlock, _time);
        var (requests, replies) = (new Pipe(), new Pipe());
        var session = new StoreSession(
            new Stream(requests.Reader, replies.Writer), blocks, new StoreBudget(), _time,
            new StoreSessionOptions { Records = records, MaxInFlight = 1 });
        var running = session.RunAsync(Token);
        var (first, fork) = (NameRig.Record(_key, 2), NameRig.Record(_key, 2, target: 2));
        StoreFrameWriter.WriteGetRecord(requests.Writer, 1, first.Key);
        StoreFrameWriter.WritePutRecord(requests.Writer, 2, first);
        StoreFrameWriter.WriteGetRecord(requests.Writer, 3, first.Key);
        StoreFrameWriter.WritePutRecord(requests.Writer, 4, fork);
        StoreFrameWriter.WriteGetRecord(requests.Writer, 5, first.Key);
        StoreFrameWriter.WritePutRecord(requests.Writer, 6, NameRig.Record(_key, 1));
        StoreFrameWriter.WritePutRecord(requests.Writer, 7, NameRig.Record(_key, 2, day: 40));
        StoreFrameWriter.WritePutRecord(requests.Writer, 8, first);
        var bytes = new ArrayBufferWriter<byte>();
        StoreFrameWriter.WritePutRecord(bytes, 9, first);
        bytes.WrittenSpan.CopyTo(requests.Writer.GetSpan(bytes.WrittenCount));
        requests.Writer.GetSpan(bytes.WrittenCount)[300] ^= 1;
        requests.Writer.Advance(bytes.WrittenCount);
        await requests.Writer.FlushAsync(Token);
        await requests.Writer.CompleteAsync();

        Assert.Equal(
            [
                "NotFound 1", "Stored 2", "Record 3 512", "Stored 4", "Fork 5 1024", "Refused 6 Outdated",
                "Refused 7 WrongDay", "Stored 8", "Refused 9 BadRecord",
            ],
            await ReadAllAsync(replies.Reader));
        Assert.Equal(Veil.Wire.CloseReason.PeerClosed, await running);
    }

    private Task<RecordStore> OpenAsync(int maxPerDay = 100) => RecordStore.OpenAsync(
        new RecordStoreOptions { Folder = _folder, MaxPerDay = maxPerDay }, _time, Token);

    private static async Task<List<string>> ReadAllAsync(PipeReader reader)
    {
        var replies = new List<string>();
        while (true)
        {
            var read = await reader.ReadAsync(Token);
            var buffer = read.Buffer;
            while (StoreFrameReader.TryReadReply(ref buffer, out var reply) == StoreReadResult.Frame)
            {
                replies.Add(reply.Type == StoreFrameType.Refused
                    ? $"Refused {reply.RequestId} {reply.Refusal}"
                    : $"{reply.Type} {reply.RequestId}" + (reply.Block.IsEmpty ? "" : $" {reply.Block.Length}"));
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return replies;
            }
        }
    }

    private sealed class Stream(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
