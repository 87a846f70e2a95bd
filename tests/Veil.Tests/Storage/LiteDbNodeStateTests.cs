using Veil.Storage;
using Veil.Storage.State;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary><c>state.db</c> as a file (spec/state.md, section 1).</summary>
public sealed class LiteDbNodeStateTests : IDisposable
{
    private readonly StoreRig _rig = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string DatabasePath => Path.Combine(_rig.Root, "state.db");

    private string LogPath => Path.Combine(_rig.Root, "state-log.db");

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task What_was_set_is_there_after_a_restart()
    {
        await FillAsync(settings: 30);

        await using var again = await OpenAsync();

        for (var index = 0; index < 30; index++)
        {
            Assert.Equal($"value {index}", await again.GetSettingAsync($"key {index}", Cancellation));
        }
    }

    [Fact]
    public async Task What_was_acknowledged_is_in_the_file_itself_before_it_is_closed()
    {
        await using var state = await OpenAsync();
        await state.SetSettingAsync("a", "1", Cancellation);
        using var copy = new StoreRig();
        var copied = Path.Combine(copy.Root, "state.db");
        await using (var source = new FileStream(
            DatabasePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            await using var target = new FileStream(copied, FileMode.CreateNew);
            await source.CopyToAsync(target, Cancellation);
        }

        await using var other = await LiteDbNodeState.OpenAsync(copied, Cancellation);
        Assert.Equal("1", await other.GetSettingAsync("a", Cancellation));
    }

    [Fact]
    public async Task Disposal_completes_what_was_asked_and_refuses_the_rest()
    {
        var state = await OpenAsync();
        var sets = Enumerable.Range(0, 100)
            .Select(index => state.SetSettingAsync($"key {index}", "x", Cancellation).AsTask())
            .ToArray();

        await state.DisposeAsync();
        await state.DisposeAsync();
        await Task.WhenAll(sets);
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await state.SetSettingAsync("late", "x", Cancellation));

        await using var again = await OpenAsync();
        Assert.Equal("x", await again.GetSettingAsync("key 99", Cancellation));
    }

    [Fact]
    public async Task A_refused_change_does_not_take_its_neighbours_with_it()
    {
        await using var state = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, StateLimits.MaxSettings - 1).Select(
            index => state.SetSettingAsync($"key {index}", "x", Cancellation).AsTask()));

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async index =>
        {
            try
            {
                await state.SetSettingAsync(index % 2 == 0 ? $"new {index}" : $"key {index}", "y", Cancellation);
                return true;
            }
            catch (StateFullException)
            {
                return false;
            }
        }));

        Assert.Equal(11, outcomes.Count(outcome => outcome));
        Assert.Equal("y", await state.GetSettingAsync("key 19", Cancellation));
        Assert.Equal("y", await state.GetSettingAsync("new 0", Cancellation));
        Assert.Null(await state.GetSettingAsync("new 2", Cancellation));
    }

    [Fact]
    public async Task A_file_in_use_is_refused_with_what_to_do()
    {
        await using var state = await OpenAsync();

        var refusal = await Assert.ThrowsAsync<StorageException>(OpenAsync);

        Assert.Equal(StorageFault.InUse, refusal.Fault);
        Assert.Contains("stop the other node", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(8192)]
    [InlineData(100_000)]
    public async Task A_foreign_file_is_refused_and_left_as_it_is(int length)
    {
        var content = StoreRig.Block(1).Concat(StoreRig.Block(2)).Concat(StoreRig.Block(3)).Concat(StoreRig.Block(4))
            .Take(length)
            .ToArray();
        await File.WriteAllBytesAsync(DatabasePath, content, Cancellation);

        var refusal = await Assert.ThrowsAsync<StorageException>(OpenAsync);

        Assert.Equal(StorageFault.Unreadable, refusal.Fault);
        Assert.Contains("move it away", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(DatabasePath, Cancellation));
    }

    [Fact]
    public async Task Another_programs_LiteDB_file_is_refused_and_left_as_it_is()
    {
        using (var other = new LiteDB.LiteDatabase(DatabasePath))
        {
            other.GetCollection("settings").Insert(new LiteDB.BsonDocument { ["_id"] = 5, ["name"] = "x" });
        }

        var before = await File.ReadAllBytesAsync(DatabasePath, Cancellation);

        var refusal = await Assert.ThrowsAsync<StorageException>(OpenAsync);

        Assert.Equal(StorageFault.Unreadable, refusal.Fault);
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabasePath, Cancellation));
    }

    [Fact]
    public async Task A_file_that_was_cut_off_is_refused_and_left_as_it_is()
    {
        await FillAsync(settings: 200);
        DiskDamage.Truncate(DatabasePath, 16_384);
        var before = await File.ReadAllBytesAsync(DatabasePath, Cancellation);

        var refusal = await Assert.ThrowsAsync<StorageException>(OpenAsync);

        Assert.Equal(StorageFault.Unreadable, refusal.Fault);
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabasePath, Cancellation));
    }

    [Fact]
    public async Task A_file_with_any_bit_flipped_is_opened_or_refused_and_left_as_it_is()
    {
        await FillAsync(settings: 50);
        var intact = await File.ReadAllBytesAsync(DatabasePath, Cancellation);
        var refused = 0;
        for (var round = 0; round < 240; round++)
        {
            // Every other round hits the first bytes of a page, where LiteDB keeps its structure.
            var offset = round * 7919L * 31 % intact.Length;
            offset = round % 2 == 0 ? (offset / 8192 * 8192) + (offset % 200) : offset;
            var flipped = (byte[])intact.Clone();
            flipped[offset] ^= (byte)(1 << (round % 8));
            await File.WriteAllBytesAsync(DatabasePath, flipped, Cancellation);
            File.Delete(LogPath);
            try
            {
                await (await OpenAsync()).DisposeAsync();
            }
            catch (StorageException refusal)
            {
                refused++;
                Assert.NotEqual(StorageFault.InUse, refusal.Fault);
                Assert.Equal(flipped, await File.ReadAllBytesAsync(DatabasePath, Cancellation));
            }
        }

        Assert.True(refused > 0, "some of the flips hit something that shows");
    }

    [Fact]
    public async Task Only_the_owner_may_read_the_files()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such permissions");
        await using var state = await OpenAsync();
        await state.SetSettingAsync("a", "1", Cancellation);

        foreach (var path in new[] { DatabasePath, LogPath }.Where(File.Exists))
        {
#pragma warning disable CA1416 // Skipped above on Windows.
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
#pragma warning restore CA1416
        }
    }

    private Task<LiteDbNodeState> OpenAsync() => LiteDbNodeState.OpenAsync(DatabasePath, Cancellation);

    private async Task FillAsync(int settings)
    {
        await using var state = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, settings).Select(
            index => state.SetSettingAsync($"key {index}", $"value {index}", Cancellation).AsTask()));
    }
}
