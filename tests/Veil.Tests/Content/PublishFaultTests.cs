using Veil.Content.Publishing;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Sources and stores that misbehave while something is published (spec/stripe.md, section 6).</summary>
public sealed class PublishFaultTests : IDisposable
{
    private const int FileBytes = 12 << 20;

    private readonly ContentRig _rig = new(stores: 30);
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-test-");

    public enum Change
    {
        Shrinks,
        Grows,
        IsReplaced,
        Vanishes,
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(Change.Shrinks)]
    [InlineData(Change.Grows)]
    [InlineData(Change.IsReplaced)]
    [InlineData(Change.Vanishes)]
    public async Task A_file_that_changes_while_it_is_read_is_not_published(Change change)
    {
        var path = Path.Combine(_folder.FullName, "secret name.webm");
        await File.WriteAllBytesAsync(path, ContentRig.Bytes(FileBytes), Cancelled);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _rig.Stores.Gate = gate.Task;
        var publish = _rig.Publisher.PublishFileAsync(path, new PublishOptions(), null, Cancelled);
        while (_rig.Stores.InFlight < 96) await Task.Yield();

        await ApplyAsync(change, path);
        gate.SetResult();

        var fault = await Assert.ThrowsAsync<PublishException>(() => publish);
        Assert.Equal(PublishFault.SourceChanged, fault.Fault);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
        AssertNothingIsLeft();
        Assert.Equal(change == Change.Vanishes ? [] : [path], System.IO.Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_a_folder_is_an_error_of_reading()
    {
        var missing = Path.Combine(_folder.FullName, "missing");
        foreach (var path in new[] { missing, _folder.FullName })
        {
            await Assert.ThrowsAnyAsync<IOException>(
                () => _rig.Publisher.PublishFileAsync(path, new PublishOptions(), null, Cancelled));
        }

        Assert.Equal(0, _rig.Stores.Requests);
    }

    [Fact]
    public async Task A_source_that_breaks_in_the_middle_says_so_and_nothing_is_announced()
    {
        using PacedSource content = new(ContentRig.Bytes(FileBytes), pieces: 1000);
        content.BreakAt = 2 << 20;

        var fault = await Assert.ThrowsAsync<IOException>(() => PublishAsync(content, FileBytes));

        Assert.Equal("the connection broke", fault.Message);
        AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(-1, "grew")]
    [InlineData(1, "shrank")]
    [InlineData(-FileBytes, "grew")]
    public async Task A_connection_that_brings_more_or_less_than_was_said_is_not_published(int more, string says)
    {
        using PacedSource content = new(ContentRig.Bytes(FileBytes), pieces: 777);

        var fault = await Assert.ThrowsAsync<PublishException>(() => PublishAsync(content, FileBytes + more));

        Assert.Equal(PublishFault.SourceChanged, fault.Fault);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_connection_in_small_pieces_is_published_as_it_is()
    {
        var bytes = ContentRig.Bytes(FileBytes);
        using PacedSource content = new(bytes, pieces: 4000);

        var publication = await PublishAsync(content, FileBytes);

        Assert.Equal(bytes, await _rig.FetchAsync(publication.Key));
    }

    [Theory]
    [InlineData(StoreMood.Dead, PublishFault.TooFewAcknowledged)]
    [InlineData(StoreMood.Full, PublishFault.StoresFull)]
    public void Stores_that_are_gone_in_the_middle_are_told_though_the_source_gives_nothing_more(
        object mood, PublishFault expected)
    {
        Pump.Run(_rig.Time, async () =>
        {
            using PacedSource content = new(ContentRig.Bytes(FileBytes), pieces: 32768);
            content.WaitAt = 1 << 20;
            content.OnWait = () => _rig.Stores.SetAll((StoreMood)mood);
            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _rig.Stores.Gate = gate.Task;
            var publish = PublishAsync(content, FileBytes);
            await content.Waiting;
            gate.SetResult();
            var start = _rig.Time.GetTimestamp();

            var fault = await Assert.ThrowsAsync<PublishException>(() => publish);

            Assert.Equal(expected, fault.Fault);
            Assert.InRange(_rig.Time.GetElapsedTime(start).TotalSeconds, 0, 45);
            AssertNothingIsLeft();
        });
    }

    [Fact]
    public void A_time_without_any_path_is_waited_for()
    {
        Pump.Run(_rig.Time, async () =>
        {
            var bytes = ContentRig.Bytes(FileBytes);
            using PacedSource content = new(bytes, pieces: 32768);
            content.WaitAt = 1 << 20;
            content.OnWait = () =>
            {
                _rig.Stores.SetAll(StoreMood.Dead);
                content.GoOn();
            };
            await using var well = _rig.Time.CreateTimer(
                _ => _rig.Stores.SetAll(StoreMood.Well), null, TimeSpan.FromSeconds(40), Timeout.InfiniteTimeSpan);

            var publication = await PublishAsync(content, FileBytes);

            Assert.Equal(bytes, await _rig.FetchAsync(publication.Key));
            Assert.InRange(publication.Counts.SharesAcknowledged, publication.Counts.Shares * 2 / 3, long.MaxValue);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2 << 20)]
    public void Stores_that_fall_silent_are_given_up_within_two_minutes(int after)
    {
        Pump.Run(_rig.Time, async () =>
        {
            using PacedSource content = new(ContentRig.Bytes(FileBytes), pieces: 32768);
            content.WaitAt = after;
            content.OnWait = () =>
            {
                _rig.Stores.SetAll(StoreMood.TimesOut);
                content.GoOn();
            };
            var start = _rig.Time.GetTimestamp();

            var fault = await Assert.ThrowsAsync<PublishException>(() => PublishAsync(content, FileBytes));

            Assert.Equal(PublishFault.Stalled, fault.Fault);
            Assert.Contains("90 seconds", fault.Message, StringComparison.Ordinal);
            Assert.InRange(_rig.Time.GetElapsedTime(start).TotalSeconds, 90, 120);
            AssertNothingIsLeft();
        });
    }

    [Fact]
    public void A_slow_source_is_no_stall()
    {
        Pump.Run(_rig.Time, async () =>
        {
            using PacedSource content = new(ContentRig.Bytes(FileBytes), pieces: 32768);
            content.Pause = () => Task.Delay(TimeSpan.FromSeconds(100), _rig.Time);

            var publication = await PublishAsync(content, FileBytes);

            Assert.Equal(FileBytes, publication.Bytes);
        });
    }

    private Task<Publication> PublishAsync(Stream content, long length) => _rig.Publisher.PublishAsync(
        new PublishSource(content, length, "a"), new PublishOptions(), null, Cancelled);

    private static async Task ApplyAsync(Change change, string path)
    {
        switch (change)
        {
            case Change.Shrinks:
                await using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                {
                    file.SetLength(FileBytes - 1);
                }

                break;
            case Change.Grows:
                await using (FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
                {
                    file.WriteByte(1);
                }

                break;
            case Change.IsReplaced:
                await File.WriteAllBytesAsync(path + ".new", ContentRig.Bytes(FileBytes, seed: 8), Cancelled);
                File.SetLastWriteTimeUtc(path + ".new", File.GetLastWriteTimeUtc(path).AddSeconds(1));
                File.Move(path + ".new", path, overwrite: true);
                break;
            default:
                File.Delete(path);
                break;
        }
    }

    // The group of the root is the third: where it never appears, nothing was announced.
    private void AssertNothingIsLeft()
    {
        Assert.Equal(0, _rig.Stores.InFlight);
        Assert.InRange(_rig.Stores.Stored.Select(entry => entry.Group).Distinct().Count(), 0, 2);
    }
}
