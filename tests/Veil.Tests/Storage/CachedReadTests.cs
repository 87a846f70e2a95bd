using Veil.Storage.Segments;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>Reading without a wait for the disk (spec/store.md, section 7).</summary>
public sealed class CachedReadTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-cached-");
    private readonly string _path;

    public CachedReadTests() => _path = Path.Combine(_folder.FullName, "file");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_was_just_written_is_read_where_it_was_asked_for_and_nothing_beyond_the_end()
    {
        byte[] content = [.. Enumerable.Range(0, 100_000).Select(number => (byte)(number * 7 % 251))];
        File.WriteAllBytes(_path, content);
        using var file = File.OpenHandle(_path);
        var read = new byte[32_768];
        Assert.SkipUnless(CachedRead.TryRead(file, read, 0), "this file system does not say what is in memory");

        Assert.True(CachedRead.TryRead(file, read, 50_001));
        Assert.Equal(content[50_001..(50_001 + read.Length)], read);
        Assert.False(CachedRead.TryRead(file, read, content.Length - read.Length + 1));
        Assert.False(CachedRead.TryRead(file, read, content.Length));
    }

    [Fact]
    public void A_file_that_was_closed_is_told()
    {
        File.WriteAllBytes(_path, new byte[64]);
        var file = File.OpenHandle(_path);
        file.Dispose();

        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere nothing is read this way");
        Assert.Throws<ObjectDisposedException>(() => CachedRead.TryRead(file, new byte[64], 0));
    }
}
