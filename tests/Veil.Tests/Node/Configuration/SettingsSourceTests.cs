using System.Text;
using Veil.Node;
using Veil.Node.Configuration;
using Veil.Noise.Seams;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Node.Configuration;

public sealed class SettingsSourceTests : IDisposable
{
    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-test-");
    private readonly DataPaths _paths;

    public SettingsSourceTests()
    {
        _paths = new DataPaths(Path.Combine(_root.FullName, "node"));
        DataFolder.Make(_paths.Folder);
    }

    [Fact]
    public void A_network_file_is_all_that_a_newcomer_needs()
    {
        var configuration = Source(("Node:Network", Network("a"))).Load();

        Assert.Equal(NodeRoles.Gateway, configuration.Roles);
        Assert.Equal("127.0.0.1:9350", configuration.Socks.ToString());
        Assert.Equal("node", configuration.Name);
        Assert.Null(configuration.Metrics);
        Assert.True(File.Exists(_paths.Network));
    }

    [Fact]
    public void What_a_crash_left_of_a_replacement_is_gone_when_the_folder_is_taken()
    {
        var left = _paths.Consensus + ".new";
        File.WriteAllText(left, "half");

        DataFolder.Open(_paths).Dispose();

        Assert.False(File.Exists(left));
    }

    [Fact]
    public void The_second_start_needs_no_network_file()
    {
        Source(("Node:Network", Network("a"))).Load();

        Assert.Equal("a", Source().Load().Network.Name);
    }

    [Fact]
    public void Another_networks_file_is_refused_and_the_folder_stays_as_it_is()
    {
        Source(("Node:Network", Network("a"))).Load();
        byte[] before = File.ReadAllBytes(_paths.Network);

        var fault = Assert.Throws<NodeStartException>(() => Source(("Node:Network", Network("b"))).Load());

        Assert.Equal("other_network", fault.Code);
        Assert.True(fault.IsUsage);
        Assert.Equal(before, File.ReadAllBytes(_paths.Network));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"name\":\"x\"}")]
    [InlineData("not json")]
    public void A_broken_network_file_is_refused_with_its_path(string text)
    {
        string path = Path.Combine(_root.FullName, "broken.json");
        File.WriteAllText(path, text);

        var fault = Assert.Throws<NodeStartException>(() => Source(("Node:Network", path)).Load());

        Assert.Equal("network_file", fault.Code);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_paths.Network));
    }

    [Fact]
    public void Without_any_network_the_hint_says_how_to_name_one()
    {
        var fault = Assert.Throws<NodeStartException>(() => Source().Load());

        Assert.Equal("no_network", fault.Code);
        Assert.Contains("--network", fault.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_is_named_at_once()
    {
        var fault = Assert.Throws<NodeStartException>(() => Source(
            ("Node:Network", Network("a")),
            ("Node:Roles", "relay,7,oracle"),
            ("Link:Listen", "10.1:5"),
            ("Socks:Listen", "0.0.0.0:1080"),
            ("Store:Quota", "much"),
            ("Limits:Rate", "5"),
            ("Limits:Rat", "5MiB"),
            ("Log:Level", "2")).Load());

        string[] named = ["\"7\"", "\"oracle\"", "Link:Listen", "Socks:Listen", "Store:Quota", "Limits:Rate:",
            "did you mean Limits:Rate?", "Log:Level"];
        Assert.All(named, part => Assert.Contains(part, fault.Message, StringComparison.Ordinal));
        Assert.StartsWith("8 settings", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" \t ")]
    public void A_blank_value_is_as_none(string blank)
    {
        Source(("Node:Network", Network("a"))).Load();
        var usual = Source().Load();

        var configuration = Source([.. SettingKey.All.Select(key => (key.Name, blank))]).Load();

        Assert.Equal(usual, configuration with { Network = usual.Network });
    }

    [Theory]
    [InlineData("Link")]
    [InlineData("Log:Level:More")]
    [InlineData("")]
    public void A_value_where_no_setting_is_belongs_to_an_unknown_setting(string name)
    {
        var fault = Assert.Throws<NodeStartException>(() => Source(
            ("Node:Network", Network("a")), ("Link:Weight", "7"), (name, "5")).Load());

        Assert.Contains($"{name}: there is no such setting", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_yields_to_flags_and_names_have_no_letter_case()
    {
        File.WriteAllText(_paths.Settings,
            """{ "limits": { "rate": "1MiB", "CIRCUITS": 7 }, "Node": { "Roles": ["relay", "store"] } }""");
        var configuration = Source(
            ("Node:Network", Network("a")), ("LIMITS:RATE", "2MiB"), ("Link:Listen", "127.0.0.1:0")).Load();

        Assert.Equal(2 << 20, configuration.Bounds.Rate);
        Assert.Equal(7, configuration.Bounds.Circuits);
        Assert.Equal(NodeRoles.Relay | NodeRoles.Store, configuration.Roles);
    }

    [Theory]
    [InlineData("{", "veil.json")]
    [InlineData("[]", "no object")]
    [InlineData("""{ "Limits": 3 }""", "no object")]
    [InlineData("""{ "Limits": { "Rate": null } }""", "Limits:Rate")]
    [InlineData("""{ "Limits": { "Rate": 1, "rate": 2 } }""", "twice")]
    public void A_broken_settings_file_is_refused_and_left_as_it_is(string text, string named)
    {
        File.WriteAllText(_paths.Settings, text);

        var fault = Assert.Throws<NodeStartException>(() => Source(("Node:Network", Network("a"))).Load());

        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(_paths.Settings));
    }

    [Fact]
    public void A_denylist_that_is_named_must_be_there()
    {
        var source = Source(("Node:Network", Network("a")));
        source.Load();

        var fault = Assert.Throws<NodeStartException>(() => source.Change("Store:Denylist", "mine"));
        string own = source.Change("Store:Denylist", "denylist").Denylist;
        File.WriteAllText(Path.Combine(_paths.Folder, "mine"), "");

        Assert.Contains("Store:Denylist", fault.Message, StringComparison.Ordinal);
        Assert.Equal(_paths.Denylist, own);
        Assert.EndsWith("mine", source.Change("Store:Denylist", "mine").Denylist, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_is_written_and_a_wrong_one_changes_nothing()
    {
        var source = Source(("Node:Network", Network("a")));
        source.Load();

        Assert.Equal(3 << 20, source.Change("limits:rate", "3MiB").Bounds.Rate);
        string written = File.ReadAllText(_paths.Settings);
        Assert.Throws<NodeStartException>(() => source.Change("Limits:Rate", "3 apples"));
        Assert.Throws<NodeStartException>(() => source.Change("Limits:Speed", "1"));

        Assert.Contains("\"Rate\": \"3MiB\"", written, StringComparison.Ordinal);
        Assert.Equal(written, File.ReadAllText(_paths.Settings));
        Assert.Equal(3 << 20, Source().Load().Bounds.Rate);
        Assert.Equal(0, source.Change("Limits:Rate", null).Bounds.Rate);
    }

    [Theory]
    [InlineData("3MiB")]
    [InlineData("3 apples")]
    [InlineData(null)]
    public void A_change_that_a_flag_hides_is_refused_whether_right_or_wrong_and_nothing_is_written(string? value)
    {
        var source = Source(("Node:Network", Network("a")), ("limits:rate", "1MiB"));
        source.Load();

        var fault = Assert.Throws<NodeStartException>(() => source.Change("Limits:Rate", value));

        Assert.Equal("overridden", fault.Code);
        Assert.Contains("--rate", fault.Message, StringComparison.Ordinal);
        Assert.Contains("veil.json", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_paths.Settings));
        Assert.Equal(1 << 20, source.Change("Limits:Rate", "1MiB").Bounds.Rate);
    }

    [Fact]
    public void A_change_that_a_variable_hides_is_refused_and_the_variable_is_named()
    {
        // A setting that no other test takes from the environment, and its value is the usual one.
        const string Variable = "VEIL_Limits__Links";
        Environment.SetEnvironmentVariable(Variable, "4096");
        try
        {
            var source = Source(("Node:Network", Network("a")));
            source.Load();

            var fault = Assert.Throws<NodeStartException>(() => source.Change("Limits:Links", "5"));

            Assert.Equal("overridden", fault.Code);
            Assert.Contains(Variable, fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Fact]
    public void What_could_not_be_written_is_not_in_force()
    {
        var source = Source(("Node:Network", Network("a")));
        source.Load();
        System.IO.Directory.CreateDirectory(_paths.Settings + ".new");

        Assert.ThrowsAny<Exception>(() => source.Change("Limits:Rate", "3MiB"));

        Assert.DoesNotContain("Limits:Rate", source.Current.Keys);
    }

    [Fact]
    public void Lab_settings_and_private_addresses_are_for_lab_networks()
    {
        string file = Network("world", lab: false);

        var fault = Assert.Throws<NodeStartException>(() => Source(
            ("Node:Network", file),
            ("Node:Roles", "relay"),
            ("Link:Listen", "10.0.0.1:9301"),
            ("Lab:Record", "saw"),
            ("Lab:ClockOffset", "60")).Load());

        string[] named = ["Lab:Record", "Lab:ClockOffset", "Link:Listen"];
        Assert.All(named, part => Assert.Contains(part, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_relay_that_listens_everywhere_must_say_where_it_is()
    {
        var fault = Assert.Throws<NodeStartException>(() =>
            Source(("Node:Network", Network("a")), ("Node:Roles", "relay")).Load());

        Assert.Contains("Link:Advertise", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flag_stands_for_one_setting_and_every_setting_is_in_the_specification()
    {
        string text = File.ReadAllText(Path.Combine(VectorFolder.ProjectRoot, "spec", "operating.md"));

        Assert.All(SettingKey.All, key =>
        {
            Assert.Contains($"| `{key.Name}` |", text, StringComparison.Ordinal);
            string row = text.Split('\n').Single(line => line.StartsWith($"| `{key.Name}` |",
                StringComparison.Ordinal));
            Assert.Equal(key.Live, row.Split('|')[3].Trim() == "live");
        });
        Assert.Equal(
            SettingKey.All.Count(key => key.Flag is not null),
            SettingKey.All.Where(key => key.Flag is not null).DistinctBy(key => key.Flag).Count());
    }

    public void Dispose() => _root.Delete(recursive: true);

    private SettingsSource Source(params (string Name, string Value)[] flags) =>
        new(_paths, flags.ToDictionary(flag => flag.Name, flag => flag.Value, StringComparer.OrdinalIgnoreCase));

    private string Network(string name, bool lab = true)
    {
        string folder = Path.Combine(_root.FullName, "network-" + name);
        Assert.True(NetworkAddress.TryParse(lab ? "127.0.0.1:9" : "9.9.9.9:9", out var address));
        NewNetwork.Create(
            folder,
            new NetworkPlan(name, lab, lab ? 4 : 3600, [("one", address)], null),
            new SystemSecretSource());
        return Path.Combine(folder, "network.json");
    }
}
