using System.Text;
using CsCheck;
using Veil.Content.Edge;
using Veil.Content.Folders;
using Veil.Content.Manifests;
using Veil.Content.Publishing;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Folders there and back (spec/manifest.md, section 6).</summary>
public sealed class FolderTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_comes_back_whole_and_file_by_file()
    {
        ContentRig rig = new(stores: 20);
        (string Path, byte[] Bytes)[] files =
        [
            ("a/empty.txt", []),
            ("a/small.bin", ContentRig.Bytes(100)),
            ("b/large.bin", ContentRig.Bytes(1_200_000, seed: 3)),
            ("empty folder/", []),
            ("z.txt", "last"u8.ToArray()),
        ];
        var publication = await PublishAsync(rig, files);
        Assert.Equal(files.Sum(file => (long)file.Bytes.Length), publication.Bytes);
        await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        Assert.True(opened.IsFolder);
        Assert.Equal(Manifest.FolderType, opened.MimeType);
        var index = await opened.ReadIndexAsync(Cancelled);
        Assert.Equal(files.Select(file => file.Path), index.Entries.Select(entry => entry.Path));
        for (var number = 0; number < files.Length; number++)
        {
            FolderFile file = new(opened, index, number);
            Assert.Equal(number, index.Find(files[number].Path));
            Assert.Equal(files[number].Bytes, await ReadAsync(file));
            Assert.Matches("^[0-9a-f]{64}$", file.EntityTag);
        }

        Assert.Equal(-1, index.Find("a"));
        Assert.Equal(files.SelectMany(file => file.Bytes), await ReadAsync(opened));
    }

    [Fact]
    public async Task An_empty_folder_is_a_folder()
    {
        ContentRig rig = new(stores: 5);
        var publication = await PublishAsync(rig, []);
        await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        Assert.Empty((await opened.ReadIndexAsync(Cancelled)).Entries);
        Assert.Equal(0, opened.Length);
    }

    [Theory]
    [InlineData(-1, "shrank")]
    [InlineData(1, "grew")]
    public async Task Files_of_another_length_than_was_said_are_not_published(int more, string says)
    {
        ContentRig rig = new(stores: 5);
        Assert.True(FolderIndex.TryCreate([new("a", 1000), new("b", 500)], out var draft));
        var source = PublishSource.OfFolder("f", draft, new MemoryStream(new byte[1500 + more]));
        var fault = await Assert.ThrowsAsync<PublishException>(
            () => rig.Publisher.PublishAsync(source, new PublishOptions(), null, Cancelled));
        Assert.Equal(PublishFault.SourceChanged, fault.Fault);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_of_the_largest_folder_is_read_as_it_was_written()
    {
        FolderEntry[] entries =
        [
            .. Enumerable.Range(0, FolderPaths.MaxEntries)
                .Select(number => new FolderEntry($"{number / 100:d4}/{number:d6}", 7)),
        ];
        Assert.True(FolderIndex.TryCreate(entries, out var index));
        Assert.True(FolderIndexCodec.TryDecode(FolderIndexCodec.Encode(index), out var read));
        Assert.Equal(entries, read.Entries);
        Assert.Equal(700_000, read.Length);
        Assert.False(FolderIndex.TryCreate([.. entries, new("x", 0)], out _));
    }

    [Theory]
    [InlineData("b", "a")]
    [InlineData("a", "a")]
    [InlineData("A/x", "a/y")]
    [InlineData("A", "a")]
    [InlineData("a", "a/b")]
    [InlineData("a/", "a/b")]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/con")]
    [InlineData("a\\b")]
    public void Paths_that_do_harm_or_are_in_each_others_way_are_refused(params string[] paths) =>
        Assert.False(FolderPaths.AreValid(paths));

    [Fact]
    public void Bounds_of_a_path_are_kept()
    {
        var deep = string.Join('/', Enumerable.Repeat("a", FolderPaths.MaxDepth));
        Assert.True(FolderPaths.AreValid([deep]));
        Assert.False(FolderPaths.AreValid([deep + "/a"]));
        var wide = string.Join('/', Enumerable.Repeat(new string('a', 255), 8));
        Assert.True(FolderPaths.AreValid([wide]));
        Assert.False(FolderPaths.AreValid([wide + "/b"]));
        Assert.Null(Assert.Single(FolderPaths.Sanitize([wide + "/b"])));
    }

    [Fact]
    public void Names_that_collide_get_numbers()
    {
        Assert.Equal(
            ["a/x.txt", "a/X (2).txt", "a/x_y", "a/x_y (2)", "_con/b"],
            FolderPaths.Sanitize(["a/x.txt", "a/X.txt", "a/x?y", "a/x*y", "con/b"]));
    }

    [Fact]
    public void Any_paths_become_valid_ones()
    {
        var component = Gen.String[Gen.Char["./\\ aACONnul1\u202e\ud83d\ude00é"], 0, 12];
        Gen.String[component.Select(text => text.Length > 0 ? text[0] : 'x'), 1, 20].Array[0, 20].Sample(paths =>
        {
            var clean = FolderPaths.Sanitize(paths).OfType<string>().ToList();
            clean.Sort(FolderPaths.Compare);
            Assert.True(FolderPaths.AreValid(clean), string.Join('\n', clean));
        });
    }

    [Fact]
    public void Order_is_that_of_utf8()
    {
        Gen.Select(Gen.String, Gen.String).Sample((left, right) =>
        {
            left = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(left));
            right = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(right));
            var expected = Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
            Assert.Equal(Math.Sign(expected), Math.Sign(FolderPaths.Compare(left, right)));
        });
    }

    [Fact]
    public void A_damaged_index_is_refused_or_read_but_never_throws()
    {
        Assert.True(FolderIndex.TryCreate([new("a", 1, BlockRef.Of("x"u8).Value), new("b/c", 2)], out var index));
        var bytes = FolderIndexCodec.Encode(index);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, bytes.Length]).Sample((position, value, length) =>
        {
            var damaged = bytes.ToArray();
            damaged[position] = value;
            FolderIndexCodec.TryDecode(damaged, out _);
            if (length < bytes.Length) Assert.False(FolderIndexCodec.TryDecode(damaged.AsMemory(0, length), out _));
        });
        Assert.False(FolderIndexCodec.TryDecode(new byte[] { 0x80 }, out _));
    }

    [Fact]
    public void Padding_follows_the_published_rule_and_costs_little()
    {
        long[] leaves = [1, 2, 3, 4, 7, 8, 9, 16, 17, 100, 1000, 32_769];
        long[] expected = [1, 2, 3, 4, 7, 8, 10, 16, 18, 104, 1024, 34_816];
        Assert.Equal(expected, leaves.Select(count => new ContentSize((count * 32768) - 1).Leaves));
        Gen.Long[0, (1L << 42) - 1].Sample(length =>
        {
            ContentSize size = new(length);
            Assert.InRange(size.EncodedLength, length, Math.Max(length + 32768, (length * 9 / 8) + 32768));
            Assert.InRange(size.EncodedLength, length, (1L << 42) - 1);
        });
    }

    private static Task<Publication> PublishAsync(ContentRig rig, (string Path, byte[] Bytes)[] files)
    {
        FolderEntry[] entries = [.. files.Select(file => new FolderEntry(file.Path, file.Bytes.Length))];
        Assert.True(FolderIndex.TryCreate(entries, out var draft));
        MemoryStream content = new([.. files.SelectMany(file => file.Bytes)]);
        var source = PublishSource.OfFolder("holiday", draft, content);
        return rig.Publisher.PublishAsync(source, new PublishOptions(), null, Cancelled);
    }

    private static async Task<byte[]> ReadAsync(ContentObject content)
    {
        MemoryStream output = new();
        await content.CopyRangeAsync(0, content.Length, output, Cancelled);
        return output.ToArray();
    }
}
