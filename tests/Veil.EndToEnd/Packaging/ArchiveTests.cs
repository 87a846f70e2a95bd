using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Veil.Tools.Release.Archives;
using Xunit;

namespace Veil.EndToEnd.Packaging;

/// <summary>Archives depend on nothing but the files in them.</summary>
public sealed class ArchiveTests
{
    private static readonly DateTimeOffset _time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private static readonly FileEntry[] _files =
    [
        FileEntry.Text("lib/veil/b.json", "{}\n"),
        FileEntry.Text("lib/veil/veil", "program") with { Mode = FileEntry.Executable },
        FileEntry.Text("A.md", "text\n"),
    ];

    [Fact]
    public void A_tar_gz_does_not_depend_on_the_order_in_which_its_files_come() =>
        Assert.Equal(TarGz.Pack(_files, _time), TarGz.Pack(_files.Reverse(), _time));

    [Fact]
    public void A_zip_does_not_depend_on_the_order_in_which_its_files_come() =>
        Assert.Equal(Zip.Pack(_files, _time), Zip.Pack(_files.Reverse(), _time.ToOffset(TimeSpan.FromHours(14))));

    [Fact]
    public void A_tar_gz_has_one_time_one_owner_and_folders_before_their_files()
    {
        var links = _files.Append(FileEntry.Link("bin/veil", "../lib/veil/veil"));

        var entries = Entries(TarGz.Pack(links, _time, "./"));

        Assert.Equal(
            ["./", "./A.md", "./bin/", "./bin/veil", "./lib/", "./lib/veil/", "./lib/veil/b.json", "./lib/veil/veil"],
            entries.Select(entry => entry.Name));
        Assert.All(entries, entry => Assert.Equal(_time, entry.ModificationTime));
        Assert.All(entries, entry => Assert.Equal((0, 0), (entry.Uid, entry.Gid)));
        Assert.All(entries, entry => Assert.Equal("root:root", $"{entry.UserName}:{entry.GroupName}"));
        Assert.Equal("../lib/veil/veil", entries[3].LinkName);
        Assert.Equal(FileEntry.Plain, entries[6].Mode);
        Assert.Equal(FileEntry.Executable, entries[7].Mode);
    }

    [Fact]
    public void The_gzip_header_has_neither_a_time_nor_a_name()
    {
        var packed = TarGz.Pack(_files, _time);

        // RFC 1952, section 2.3: no flags (so no name), MTIME zero.
        Assert.Equal([0x1f, 0x8b, 8, 0, 0, 0, 0, 0], packed[..8]);
    }

    [Fact]
    public void A_zip_has_one_time_for_all_and_keeps_the_bytes()
    {
        using var zip = new ZipArchive(new MemoryStream(Zip.Pack(_files, _time)));

        Assert.Equal(["A.md", "lib/veil/b.json", "lib/veil/veil"], zip.Entries.Select(entry => entry.FullName));
        Assert.All(zip.Entries, entry => Assert.Equal(_time.DateTime, entry.LastWriteTime.DateTime));
        using var text = new StreamReader(zip.Entries[2].Open());
        Assert.Equal("program", text.ReadToEnd());
    }

    [Fact]
    public void An_ar_archive_pads_members_to_even_lengths()
    {
        var packed = Encoding.ASCII.GetString(Ar.Pack([("a", [1]), ("b", [2, 3])], _time));

        Assert.StartsWith("!<arch>\na               1700000000  0     0     100644  1         `\n\x01\nb   ", packed);
        Assert.Equal(8 + 60 + 2 + 60 + 2, packed.Length);
    }

    [Theory]
    [InlineData("/etc/veil")]
    [InlineData("a/../b")]
    [InlineData("a\\b")]
    [InlineData("")]
    public void Paths_that_leave_the_archive_are_refused(string path) =>
        Assert.Throws<ArgumentException>(() => TarGz.Pack([FileEntry.Text(path, "")], _time));

    [Fact]
    public void The_same_path_twice_is_refused() =>
        Assert.Throws<ArgumentException>(() => Zip.Pack([_files[0], _files[0]], _time));

    private static UstarTarEntry[] Entries(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        var entries = new List<UstarTarEntry>();
        while (tar.GetNextEntry(copyData: true) is UstarTarEntry entry)
        {
            entries.Add(entry);
        }

        return [.. entries];
    }
}
