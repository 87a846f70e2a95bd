using Veil.Tools.Testnet.Auditing;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>The audit of recordings made by hand: that it can fail, and for what.</summary>
public sealed class AuditTests
{
    private const string Publisher = "10.0.0.101";
    private const string Reader = "10.0.0.102";

    // Two clients with a guard each, a second hop and a store that they share: what a sound network looks like.
    private readonly Dictionary<string, (string Address, string[] Roles, List<RecordLine> Lines)> _network = new()
    {
        ["authority1"] = ("10.0.0.1", ["authority"], []),
        ["relay1"] = ("10.0.0.2", ["relay"], []),
        ["relay2"] = ("10.0.0.3", ["relay"], []),
        ["relay3"] = ("10.0.0.4", ["relay"], []),
        ["store1"] = ("10.0.0.5", ["relay", "store"], []),
        ["gateway1"] = (Publisher, ["gateway"], []),
        ["gateway2"] = (Reader, ["gateway"], []),
    };

    public AuditTests()
    {
        Link("gateway1", "authority1", "authority");
        Path("gateway1", "relay1", "a");
        Path("gateway2", "relay2", "b");
        Saw("store1", new(9, "store1", RecordLine.Block, "stored 00"));
        Saw("gateway1", new(9, "gateway1", RecordLine.Key, "veil:one"));
        Saw("gateway1", new(9, "gateway1", RecordLine.Plaintext, "1000"));
    }

    [Fact]
    public void A_sound_network_passes_and_an_authority_that_was_asked_is_listed()
    {
        var audit = Audit();

        Assert.True(audit.Ok, string.Join('\n', audit.Checks.SelectMany(check => check.Problems)));
        Assert.Equal(["records", "addresses", "content", "circuits", "hops"], audit.Checks.Select(check => check.Name));
        Assert.Contains(
            "authority1, an authority, saw gateway1 before it had a guard (links: 1)",
            audit.Checks.Single(check => check.Name == "addresses").Notes);
    }

    [Fact]
    public void A_clients_address_at_a_middle_relay_fails()
    {
        Saw("relay3", new(9, "relay3", RecordLine.Address, $"in {Publisher}"));

        AssertFails("addresses", "relay3, no guard of gateway1");
    }

    [Fact]
    public void A_clients_address_at_the_other_clients_guard_fails()
    {
        Saw("relay2", new(9, "relay2", RecordLine.Address, $"in ::ffff:{Publisher}"));

        AssertFails("addresses", "relay2, no guard of gateway1");
    }

    [Fact]
    public void A_client_that_links_to_a_relay_that_is_not_its_guard_fails()
    {
        Link("gateway2", "store1", "relay");

        AssertFails("addresses", "store1, no guard of gateway2");
    }

    [Fact]
    public void A_clients_address_on_a_circuit_of_a_relay_fails()
    {
        Circuit("relay3", "made", "0000000900", $"{Publisher}:4000", null);

        AssertFails("addresses", "relay3, no guard of gateway1");
    }

    [Theory]
    [InlineData("store1", RecordLine.Key)]
    [InlineData("store1", RecordLine.Plaintext)]
    [InlineData("relay3", RecordLine.Key)]
    [InlineData("authority1", RecordLine.Plaintext)]
    public void A_key_or_content_at_a_node_that_is_no_client_fails(string node, string saw)
    {
        Saw(node, new(9, node, saw, "veil:one"));

        AssertFails("content", node);
    }

    [Fact]
    public void A_key_in_a_file_of_a_store_fails()
    {
        var nodes = Nodes();
        nodes[4] = nodes[4] with { FilesWithKeys = ["blocks/1"] };

        AssertFails(new RecordAudit(nodes).Run(), "content", "store1: blocks/1 holds a key");
    }

    [Fact]
    public void An_ephemeral_key_that_two_clients_share_fails()
    {
        // Another number, another link, but the key that relay1 saw of gateway1.
        Circuit("gateway2", "made", "000000c1" + "a1", "10.0.0.3:9301", null);
        Circuit("relay2", "accepted", "000000c1" + "a1", $"{Reader}:5000", null);

        AssertFails("circuits", "gateway1 and gateway2 share the ephemeral key a1");
    }

    [Fact]
    public void A_circuit_that_goes_on_from_two_clients_circuits_fails()
    {
        Circuit("relay2", "extended", "000000a2" + "a2", "10.0.0.4:9301", $"000000b1@{Reader}:4000");

        AssertFails("circuits", "gateway1 and gateway2 share the ephemeral key a2");
    }

    [Fact]
    public void A_number_that_two_clients_share_at_one_relay_fails()
    {
        // What the second hop sees of gateway2 has the number of what it sees of gateway1.
        Circuit("relay2", "extended", "000000a2" + "b9", "10.0.0.4:9301", $"000000b1@{Reader}:4000");
        Circuit("relay3", "accepted", "000000a2" + "b9", "10.0.0.3:6000", null);

        AssertFails("circuits", "gateway1 and gateway2 share the number 000000a2 at relay3");
    }

    [Fact]
    public void A_circuit_that_no_recording_explains_fails()
    {
        Circuit("relay3", "accepted", "0000000900", "10.0.0.2:6000", null);

        AssertFails("circuits", "relay3 accepted 1 circuits");
    }

    [Fact]
    public void A_number_or_key_that_is_kept_from_link_to_link_fails()
    {
        Circuit("relay1", "extended", "000000a1" + "a7", "10.0.0.4:9301", $"000000a1@{Publisher}:4000");
        AssertFails("hops", "relay1 kept the number 000000a1");

        Circuit("relay3", "accepted", "000000f1" + "a1", "10.0.0.2:6000", null);
        AssertFails("hops", "relay1 and relay3 saw the ephemeral key a1");
    }

    [Fact]
    public void Recordings_that_are_missing_unreadable_or_empty_fail()
    {
        var nodes = Nodes();
        AssertFails(new RecordAudit([nodes[0] with { Lines = null }, .. nodes[1..]]).Run(), "records", "authority1");
        AssertFails(new RecordAudit([nodes[0] with { Unreadable = 1 }, .. nodes[1..]]).Run(), "records", "1 lines");

        foreach (var (_, _, lines) in _network.Values)
        {
            lines.Clear();
        }

        Assert.All(Audit().Checks, check => Assert.False(check.Ok));
    }

    [Fact]
    public void What_was_written_after_the_reading_began_explains_but_is_not_judged()
    {
        Saw("relay3", new(9, "relay3", RecordLine.Address, $"in {Publisher}"));
        var nodes = Nodes();
        nodes[3] = nodes[3] with { Settled = nodes[3].Lines!.Count - 1 };

        Assert.True(new RecordAudit(nodes).Run().Ok);
    }

    private static void AssertFails(AuditDocument audit, string name, string problem)
    {
        Assert.False(audit.Ok);
        Assert.Contains(
            audit.Checks.Single(check => check.Name == name).Problems,
            text => text.Contains(problem, StringComparison.Ordinal));
    }

    private void AssertFails(string name, string problem) => AssertFails(Audit(), name, problem);

    private AuditDocument Audit() => new RecordAudit(Nodes()).Run();

    private AuditNode[] Nodes() =>
    [
        .. _network.Select(entry =>
            new AuditNode(entry.Key, entry.Value.Address, entry.Value.Roles, [.. entry.Value.Lines])),
    ];

    private void Saw(string node, RecordLine line) => _network[node].Lines.Add(line);

    private void Link(string client, string node, string kind)
    {
        // Lists come before guards.
        var time = kind == "guard" ? 1 : 0;
        Saw(client, new(time, client, RecordLine.Address, $"out {_network[node].Address}") { As = kind });
        Saw(node, new(time, node, RecordLine.Address, $"in {_network[client].Address}"));
    }

    private void Circuit(string node, string step, string value, string link, string? from) =>
        Saw(node, new(2, node, RecordLine.Circuit, value) { Step = step, Link = link, From = from });

    // client, guard, relay3, store1; each link has a number and an ephemeral key of its own.
    private void Path(string client, string guard, string mark)
    {
        Link(client, guard, "guard");
        string[] hops = [guard, "relay3", "store1"];
        var before = client;
        for (var hop = 0; hop < hops.Length; hop++)
        {
            var value = $"000000{mark}{hop + 1}{mark}{hop + 1}";
            var from = hop == 0 ? null
                : $"000000{mark}{hop}@{_network[hop == 1 ? client : hops[hop - 2]].Address}:4000";
            Circuit(before, hop == 0 ? "made" : "extended", value, $"{_network[hops[hop]].Address}:9301", from);
            Circuit(hops[hop], "accepted", value, $"{_network[before].Address}:4000", null);
            before = hops[hop];
        }
    }
}
