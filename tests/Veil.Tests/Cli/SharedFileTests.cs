using Veil.Cli.Files;
using Veil.Cli.Output;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Files that change while they are shared.</summary>
public sealed class SharedFileTests : IDisposable
{
    private const int Length = 10_000;

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-shared-");
    private readonly string _path;

    public SharedFileTests()
    {
        _path = Path.Combine(_folder.FullName, "file");
        File.WriteAllBytes(_path, new byte[Length]);
    }

    /// <summary>What happens in the middle, and what is said.</summary>
    public static TheoryData<string, string> Changes => new()
    {
        { "shrink", "shrank" },
        { "grow", "grew" },
        { "remove", "was removed" },
        { "replace", "was replaced" },
        { "write", "was written to" },
    };

    [Fact]
    public async Task A_file_that_stays_as_it_is_is_read_whole()
    {
        using var file = SharedFile.Open(_path);

        Assert.Equal(("file", Length), (file.Name, file.Length));
        Assert.Equal(Length, await ReadAllAsync(file, () => { }));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_while_it_is_read_is_found_out(string change, string said)
    {
        using var file = SharedFile.Open(_path);

        var failure = await Assert.ThrowsAsync<CliFailure>(() => ReadAllAsync(file, () => Change(change)));

        Assert.Equal("file_changed", failure.Code);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<int> ReadAllAsync(SharedFile file, Action inTheMiddle)
    {
        var buffer = new byte[Length / 2];
        int total = 0;
        while (true)
        {
            int count = await file.ReadAsync(buffer, TestContext.Current.CancellationToken);
            if (count == 0)
            {
                return total;
            }

            if (total == 0)
            {
                inTheMiddle();
            }

            total += count;
        }
    }

    private void Change(string how)
    {
        switch (how)
        {
            case "shrink":
                File.WriteAllBytes(_path, new byte[Length - 1]);
                break;
            case "grow":
                File.AppendAllText(_path, "x");
                break;
            case "remove":
                File.Delete(_path);
                break;
            case "replace":
                File.WriteAllBytes(_path + "2", new byte[Length]);
                File.Move(_path + "2", _path, overwrite: true);
                break;
            default:
                // A time of its own: two writes within a tick of the clock would be the same.
                File.SetLastWriteTimeUtc(_path, DateTime.UnixEpoch);
                break;
        }
    }
}
