using Veil.Simulation.Storage;
using Veil.Storage.State;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>What every document slot does, and the file in particular (spec/state.md, section 4).</summary>
public sealed class DocumentFileTests : IDisposable
{
    private const int MaxBytes = 1000;

    private readonly StoreRig _rig = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_rig.Root, "consensus");

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_written_last_is_read_and_bounds_hold(bool file)
    {
        await using IDocumentSlot slot = file ? new DocumentFile(FilePath, MaxBytes) : new MemoryDocumentSlot(MaxBytes);
        Assert.True((await slot.ReadAsync(Cancellation)).IsEmpty);

        await slot.WriteAsync(new byte[] { 1, 2, 3 }, Cancellation);
        await slot.WriteAsync(new byte[] { 4 }, Cancellation);
        Assert.Equal([4], (await slot.ReadAsync(Cancellation)).ToArray());
        await Assert.ThrowsAsync<ArgumentException>(async () => await slot.WriteAsync(default, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await slot.WriteAsync(new byte[MaxBytes + 1], Cancellation));
        Assert.Equal([4], (await slot.ReadAsync(Cancellation)).ToArray());
    }

    [Fact]
    public async Task Another_process_finds_it_whole_and_alone_and_for_its_owner_only()
    {
        await using (var slot = new DocumentFile(FilePath, MaxBytes))
        {
            // What a crash before the rename left behind.
            await File.WriteAllBytesAsync(FilePath + ".new", new byte[99], Cancellation);
            await slot.WriteAsync(new byte[] { 1, 2 }, Cancellation);
        }

        await using var again = new DocumentFile(FilePath, MaxBytes);
        Assert.Equal([1, 2], (await again.ReadAsync(Cancellation)).ToArray());
        Assert.Single(System.IO.Directory.GetFiles(_rig.Root));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        }
    }

    [Fact]
    public async Task A_file_that_is_too_long_and_a_folder_that_is_gone_are_told_as_what_they_are()
    {
        await using var slot = new DocumentFile(FilePath, MaxBytes);
        await File.WriteAllBytesAsync(FilePath, new byte[MaxBytes + 1], Cancellation);
        await Assert.ThrowsAsync<IOException>(async () => await slot.ReadAsync(Cancellation));

        await using var nowhere = new DocumentFile(Path.Combine(_rig.Root, "none", "consensus"), MaxBytes);
        await Assert.ThrowsAnyAsync<IOException>(
            async () => await nowhere.WriteAsync(new byte[] { 1 }, Cancellation));
    }
}
