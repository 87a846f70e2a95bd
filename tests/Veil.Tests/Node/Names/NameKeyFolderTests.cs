using System.Text;
using Veil.Content.Names;
using Veil.Node.Configuration;
using Veil.Node.Names;
using Veil.Noise.Seams;
using Veil.Tests.Content;
using Xunit;

namespace Veil.Tests.Node.Names;

/// <summary>Key files: modes, passphrases, export and import (spec/name.md, section 8).</summary>
public sealed class NameKeyFolderTests : IDisposable
{
    private static readonly byte[] _passphrase = Encoding.UTF8.GetBytes("correct horse, Batterie, 电池");

    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-keys-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_key_is_made_listed_opened_and_removed()
    {
        var folder = Folder("a");
        Assert.Empty(folder.List());
        var address = folder.Create("blog", null);

        Assert.Equal(new NameKeyEntry("blog", address, false, null), Assert.Single(folder.List()));
        Assert.False(folder.NeedsPassphrase("blog"));
        using (var key = folder.Open("blog", []))
        {
            Assert.Equal(address, key.Address);
        }

        Assert.Equal("key_exists", CodeOf(() => folder.Create("blog", null)));
        Assert.Equal(address, folder.Remove("blog"));
        Assert.Equal("not_found", CodeOf(() => folder.Open("blog", [])));
        Assert.Empty(folder.List());
    }

    [Fact]
    public void With_a_passphrase_the_file_alone_tells_the_name_and_nothing_more()
    {
        var folder = Folder("a");
        var address = folder.Create("blog", _passphrase);
        Assert.True(folder.NeedsPassphrase("blog"));
        using (var key = folder.Open("blog", _passphrase))
        {
            Assert.Equal(address, key.Address);
            Span<byte> seed = stackalloc byte[NameKey.SeedBytes];
            key.CopySeed(seed);
            Assert.DoesNotContain(Convert.ToHexStringLower(seed), File.ReadAllText(PathOf("a", "blog")));
        }

        Assert.Equal("wrong_passphrase", CodeOf(() => folder.Open("blog", _passphrase.AsSpan(1))));
        Assert.Equal("wrong_passphrase", CodeOf(() => folder.Open("blog", [])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_exported_is_imported_elsewhere(bool isProtected)
    {
        byte[]? secret = isProtected ? _passphrase : null;
        var address = Folder("a").Create("blog", secret);
        string file = Path.Combine(_root.FullName, "blog.key");

        Assert.Equal(address, Folder("a").Export("blog", file));
        Assert.Equal("file_exists", CodeOf(() => Folder("a").Export("blog", file)));
        Assert.Equal(address, Folder("b").Import("again", file));
        Assert.Equal("key_exists", CodeOf(() => Folder("b").Import("third", file)));
        using var key = Folder("b").Open("again", secret);
        Assert.Equal(address, key.Address);
        if (!OperatingSystem.IsWindows())
        {
            foreach (string path in new[] { file, PathOf("a", "blog"), PathOf("b", "again") })
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }

            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(Path.GetDirectoryName(PathOf("a", "blog"))!));
        }
    }

    [Fact]
    public void Of_two_keys_that_are_made_at_a_time_under_one_name_one_is_refused()
    {
        NameAddress? first = null;
        var late = new NameKeyFolder(Paths("a"), new OvertakenSource(() => first ??= Folder("a").Create("blog", null)));

        Assert.Equal("key_exists", CodeOf(() => late.Create("blog", null)));
        using var key = Folder("a").Open("blog", []);
        Assert.Equal(first, key.Address);
        Assert.Single(System.IO.Directory.GetFiles(Paths("a").NameKeys));
    }

    [Fact]
    public void An_export_touches_no_other_file_and_a_removal_leaves_no_copy()
    {
        var folder = Folder("a");
        folder.Create("blog", null);
        string file = Path.Combine(_root.FullName, "blog.key");
        File.WriteAllText(file + ".new", "the user's own");
        File.WriteAllText(PathOf("a", "blog") + ".0123456789abcdef.new", "what a process left that was killed");

        folder.Export("blog", file);
        folder.Remove("blog");

        Assert.Equal("the user's own", File.ReadAllText(file + ".new"));
        Assert.Equal(2, _root.GetFiles("*").Length);
        Assert.Empty(System.IO.Directory.GetFiles(Paths("a").NameKeys));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_use_is_not_used(UnixFileMode others)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no modes there");
        var folder = Folder("a");
        folder.Create("blog", null);
        string path = PathOf("a", "blog");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | others);
        }

        Assert.Equal("keys_exposed", CodeOf(() => folder.Open("blog", [])));
        Assert.Equal("keys_exposed", CodeOf(() => Folder("b").Import("blog", path)));
        Assert.NotNull(Assert.Single(folder.List()).Problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../blog")]
    [InlineData("Blog")]
    [InlineData("-blog")]
    [InlineData("b log")]
    [InlineData("blög")]
    public void A_name_that_may_lead_elsewhere_is_none(string name) =>
        Assert.Equal("bad_value", CodeOf(() => Folder("a").Create(name, null)));

    [Fact]
    public void A_text_that_is_changed_anywhere_is_refused_or_does_not_open()
    {
        var folder = Folder("a");
        folder.Create("blog", null);
        byte[] text = File.ReadAllBytes(PathOf("a", "blog"));
        for (int index = 0; index < text.Length; index++)
        {
            byte[] changed = [.. text];
            changed[index] = changed[index] == (byte)'7' ? (byte)'6' : (byte)'7';
            Assert.True(!NameKeyText.TryRead(changed, out var read) || read.Open([]) is null, $"at {index}");
        }

        Assert.False(NameKeyText.TryRead(text.AsSpan(0, text.Length - 1), out _));
        Assert.False(NameKeyText.TryRead([.. text, .. text], out _));
        Assert.False(NameKeyText.TryRead([], out _));
    }

    [Theory]
    [InlineData("argon2id 8191 1")]
    [InlineData("argon2id 8192 0")]
    [InlineData("argon2id 2097152 1")]
    [InlineData("argon2id 8192 17")]
    [InlineData("scrypt 8192 1")]
    public void A_file_that_would_cost_too_little_or_too_much_is_refused(string cost)
    {
        var folder = Folder("a");
        folder.Create("blog", _passphrase);
        string text = File.ReadAllText(PathOf("a", "blog")).Replace("argon2id 8192 1", cost, StringComparison.Ordinal);
        Assert.False(NameKeyText.TryRead(Encoding.ASCII.GetBytes(text), out _));
    }

    private static string CodeOf(Action act) => Assert.Throws<NameKeyException>(act).Code;

    private NameKeyFolder Folder(string name) => new(Paths(name), new SystemSecretSource())
    {
        Cost = PassphraseCost.Least,
    };

    private DataPaths Paths(string name) => new(Path.Combine(_root.FullName, name));

    private string PathOf(string folder, string name) => Path.Combine(Paths(folder).NameKeys, $"{name}.key");

    // Another process does something between the look and the writing.
    private sealed class OvertakenSource(Action act) : SecretSource
    {
        private readonly SystemSecretSource _inner = new();

        public override void Fill(Span<byte> destination)
        {
            act();
            _inner.Fill(destination);
        }
    }
}
