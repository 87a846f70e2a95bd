using Veil.Node;
using Veil.Node.Configuration;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Node.Configuration;

public sealed class KeyFileTests : IDisposable
{
    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-test-");
    private readonly KeySlab _slab = new(64);
    private readonly SystemSecretSource _secrets = new();

    private string PathOfKeys => Path.Combine(_root.FullName, "node.keys");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Keys_are_the_same_after_a_restart(bool authority)
    {
        using var made = KeyFile.Create(PathOfKeys, authority, _secrets, _slab);
        using var read = KeyFile.LoadOrCreate(PathOfKeys, authority, _secrets, _slab);

        Assert.Equal(made.Relay, read.Relay);
        Assert.Equal(made.LinkKey.PublicKey, read.LinkKey.PublicKey);
        Assert.Equal(made.OnionKeyId, read.OnionKeyId);
        Assert.Equal(authority, read.LinkKey == read.OnionKey);
    }

    [Fact]
    public void Only_the_owner_may_read_them()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes");
        using var made = KeyFile.LoadOrCreate(PathOfKeys, authority: false, _secrets, _slab);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(PathOfKeys));

        SetMode(PathOfKeys, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Equal("keys_exposed", Fault(authority: false).Code);
    }

    [Fact]
    public void Damage_anywhere_is_noticed_and_left_as_it_is()
    {
        KeyFile.Create(PathOfKeys, authority: false, _secrets, _slab).Dispose();
        byte[] whole = File.ReadAllBytes(PathOfKeys);
        byte[][] damaged =
        [
            [], whole[..^1], whole[1..], [.. whole, (byte)'\n'], whole[..100],
            [.. whole.Select((value, index) => index == 40 ? (byte)'g' : value)],
            [.. whole.Select((value, index) => index == 11 ? (byte)'2' : value)],
        ];
        foreach (byte[] text in damaged)
        {
            File.WriteAllBytes(PathOfKeys, text);
            Assert.Equal("keys_damaged", Fault(authority: false).Code);
            Assert.Equal(text, File.ReadAllBytes(PathOfKeys));
        }
    }

    [Fact]
    public void Keys_of_another_role_are_refused()
    {
        KeyFile.Create(PathOfKeys, authority: true, _secrets, _slab).Dispose();

        Assert.Equal("keys_damaged", Fault(authority: false).Code);
    }

    [Fact]
    public void An_authority_without_keys_does_not_get_new_ones()
    {
        Assert.Equal("no_keys", Fault(authority: true).Code);
        Assert.False(File.Exists(PathOfKeys));
    }

    [Fact]
    public void A_new_network_knows_its_authorities_and_is_not_made_over_another()
    {
        string folder = Path.Combine(_root.FullName, "net");
        Assert.True(NetworkAddress.TryParse("127.0.0.1:9311", out var address));
        var plan = new NetworkPlan("lab", true, 5, [("one", address)], null);
        var network = NewNetwork.Create(folder, plan, _secrets);
        using var keys = KeyFile.LoadOrCreate(new DataPaths(Path.Combine(folder, "one")).Keys, true, _secrets, _slab);

        Assert.Equal(0, network.IndexOf(keys.Relay));
        var fault = Assert.Throws<NodeStartException>(() => NewNetwork.Create(folder, plan, _secrets));
        Assert.Equal("not_empty", fault.Code);
    }

    [Fact]
    public void A_plan_that_breaks_a_rule_leaves_nothing_so_that_the_right_one_can_follow()
    {
        string folder = Path.Combine(_root.FullName, "net");
        Assert.True(NetworkAddress.TryParse("10.0.0.1:9311", out var address));
        var plan = new NetworkPlan("lab", false, 3600, [("one", address)], null);
        var same = plan with { Lab = true, Authorities = [("one", address), ("one", address)] };

        var refused = Assert.Throws<NodeStartException>(() => NewNetwork.Create(folder, plan, _secrets));
        Assert.Throws<NodeStartException>(() => NewNetwork.Create(folder, same, _secrets));

        Assert.Equal("network", refused.Code);
        Assert.False(System.IO.Directory.Exists(folder));
        Assert.Single(NewNetwork.Create(folder, plan with { Lab = true }, _secrets).Authorities);
    }

    [Fact]
    public void A_data_folder_has_one_process_at_a_time()
    {
        var paths = new DataPaths(Path.Combine(_root.FullName, "data"));
        using (DataFolder.Open(paths))
        {
            Assert.Equal("in_use", Assert.Throws<NodeStartException>(() => DataFolder.Open(paths)).Code);
        }

        DataFolder.Open(paths).Dispose();
    }

    public void Dispose()
    {
        _slab.Dispose();
        _root.Delete(recursive: true);
    }

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private NodeStartException Fault(bool authority) =>
        Assert.Throws<NodeStartException>(() => KeyFile.LoadOrCreate(PathOfKeys, authority, _secrets, _slab));
}
