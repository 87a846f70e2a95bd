using Veil.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>Disks that are full, forbid or fail (spec/store.md, section 4, number 9).</summary>
public sealed class DiskFaultTests : IDisposable
{
    private const int LinuxReadOnly = 30;
    private const int LinuxFailed = 5;

    private readonly StoreRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1024 * 1024)]
    public async Task A_disk_that_fills_up_answers_full_loses_nothing_and_goes_on_when_there_is_room(long reserve)
    {
        using var disk = new SmallDisk(_rig.Folder, mebibytes: 6);
        var filler = Path.Combine(_rig.Folder, "others");
        int count = 0;
        await using (var store = await _rig.OpenAsync(_rig.Options(slots: 40) with { ReserveBytes = reserve }))
        {
            await File.WriteAllBytesAsync(filler, new byte[2 * 1024 * 1024], StoreRig.Cancellation);
            var outcomes = new List<PutOutcome>();
            while (count < 400 && outcomes.All(outcome => outcome == PutOutcome.Stored))
            {
                // Several at a time, so that the disk fills up in the middle of a batch.
                outcomes = [.. await Task.WhenAll(
                    Enumerable.Range(count, 7).Select(seed => _rig.PutAsync(store, seed)))];
                count += outcomes.Count(outcome => outcome == PutOutcome.Stored);
            }

            // A smaller piece of the last batch may have found room: now nothing does.
            while (await _rig.PutAsync(store, count) == PutOutcome.Stored)
            {
                count++;
            }

            Assert.InRange(count, 50, 130);
            Assert.All(outcomes, outcome => Assert.True(outcome is PutOutcome.Stored or PutOutcome.Full));
            Assert.Equal(StorageFault.DiskFull, store.Trouble!.Fault);
            Assert.Contains("free some space", store.Trouble.Message, StringComparison.Ordinal);
            await AssertHasAsync(store, count);
            Assert.Equal(count, store.BlockCount);
            var free = new DriveInfo(_rig.Folder).AvailableFreeSpace;
            Assert.True(free >= reserve, $"{free} bytes are free");

            File.Delete(filler);
            Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, count));
            Assert.Null(store.Trouble);
            count++;
        }

        await using var again = await _rig.OpenAsync(_rig.Options(slots: 40));
        await AssertHasAsync(again, count);
        Assert.Equal(count, again.BlockCount);
        Assert.Equal(0, again.Counters.DamagedRecords);
    }

    [Fact]
    public async Task A_store_opens_on_a_disk_that_is_full_and_serves()
    {
        using var disk = new SmallDisk(_rig.Folder, mebibytes: 4);
        await using (var store = await _rig.OpenAsync())
        {
            await _rig.PutAsync(store, 1, days: 1);
            await _rig.PutAsync(store, 1, days: 60);
        }

        await FillAsync(Path.Combine(_rig.Folder, "others"));
        await using var again = await _rig.OpenAsync();

        Assert.True(await StoreRig.HasAsync(again, 1));
        Assert.Equal(PutOutcome.Full, await _rig.PutAsync(again, 2));
        _rig.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(0, await again.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
    }

    [Fact]
    public async Task A_read_only_disk_is_refused_with_what_to_do_and_left_as_it_is()
    {
        using var disk = new SmallDisk(_rig.Folder, mebibytes: 4);
        await using (var store = await _rig.OpenAsync())
        {
            await _rig.PutAsync(store, 1);
        }

        Assert.True(disk.TrySetReadOnly(true));
        var fault = await Assert.ThrowsAsync<StorageException>(_rig.OpenAsync);
        Assert.Equal(StorageFault.NotWritable, fault.Fault);
        Assert.Contains("mounted read-only", fault.Message, StringComparison.Ordinal);

        Assert.True(disk.TrySetReadOnly(false));
        await using var again = await _rig.OpenAsync();
        Assert.True(await StoreRig.HasAsync(again, 1));
    }

    [Fact]
    public async Task A_folder_without_permission_is_refused_with_what_to_do()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such permissions");
        Assert.SkipWhen(Environment.UserName == "root", "root needs no permission: run this test as another user");
        System.IO.Directory.CreateDirectory(_rig.Folder);
#pragma warning disable CA1416 // Skipped above on Windows.
        File.SetUnixFileMode(_rig.Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var fault = await Assert.ThrowsAsync<StorageException>(_rig.OpenAsync);
        File.SetUnixFileMode(
            _rig.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        Assert.Equal(StorageFault.NotWritable, fault.Fault);
        Assert.Contains("no permission", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_refused_with_its_name()
    {
        await File.WriteAllTextAsync(_rig.Folder, "", StoreRig.Cancellation);

        var fault = await Assert.ThrowsAsync<StorageException>(_rig.OpenAsync);

        Assert.Contains(_rig.Folder, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(DiskStep.WriteBlocks), LinuxFailed, StorageFault.DiskFailed)]
    [InlineData(nameof(DiskStep.FlushBlocks), LinuxFailed, StorageFault.DiskFailed)]
    [InlineData(nameof(DiskStep.WriteBlocks), LinuxReadOnly, StorageFault.NotWritable)]
    [InlineData(nameof(DiskStep.WriteBlocks), 0, StorageFault.NotWritable)]
    [InlineData(nameof(DiskStep.WriteLeases), LinuxFailed, StorageFault.DiskFailed)]
    [InlineData(nameof(DiskStep.FlushLeases), 0, StorageFault.NotWritable)]
    public async Task A_disk_that_fails_in_the_middle_says_so_serves_on_and_recovers(
        string failing, int error, StorageFault expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the numbers of the errors are those of Linux");
        var isBroken = false;
        await using var store = await _rig.OpenAsync(_rig.Options() with
        {
            OnStep = step =>
            {
                if (isBroken && step.ToString() == failing)
                {
                    throw error == 0 ? new UnauthorizedAccessException("x") : new IOException("input/output", error);
                }
            },
        });
        await _rig.PutAsync(store, 1, days: 1);
        var isLease = failing.EndsWith("Leases", StringComparison.Ordinal);
        isBroken = true;

        var fault = await Assert.ThrowsAsync<StorageException>(() => _rig.PutAsync(store, isLease ? 1 : 2));

        Assert.Equal(expected, fault.Fault);
        Assert.Contains(_rig.Folder, fault.Message, StringComparison.Ordinal);
        Assert.Equal(new StoreTrouble(expected, fault.Message), store.Trouble);
        Assert.Equal(1, store.Counters.WriteErrors);
        Assert.True(await StoreRig.HasAsync(store, 1));
        Assert.Equal(_rig.FileBytes(), store.Bytes);

        isBroken = false;
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 2));
        Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, 1, days: 60));
        Assert.Null(store.Trouble);
        Assert.Equal(_rig.FileBytes(), store.Bytes);
    }

    private static async Task AssertHasAsync(IBlockStore store, int count)
    {
        for (var seed = 0; seed < count; seed++)
        {
            Assert.True(await StoreRig.HasAsync(store, seed), $"block {seed} of {count}");
        }
    }

    private static async Task FillAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None,
            bufferSize: 0);
        try
        {
            while (true)
            {
                await file.WriteAsync(new byte[4096], StoreRig.Cancellation);
            }
        }
        catch (IOException)
        {
            // Full: what was wanted.
        }
    }
}
