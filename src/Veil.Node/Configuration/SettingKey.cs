namespace Veil.Node.Configuration;

/// <summary>One setting that there is (spec/operating.md, section 2).</summary>
/// <param name="Name"><c>Section:Key</c>.</param>
/// <param name="Live">Whether a running node takes a new value.</param>
/// <param name="Flag">The flag of <c>veil run</c> that stands for it, or null.</param>
/// <param name="Meaning">One line for people.</param>
public sealed record SettingKey(string Name, bool Live, string? Flag, string Meaning)
{
    /// <summary>All that there are, in the order of the specification.</summary>
    public static IReadOnlyList<SettingKey> All { get; } =
    [
        new("Node:Name", false, "--name", "a name for this machine's tables"),
        new("Node:Roles", false, "--roles", "any of authority, relay, store, exit, gateway; default gateway"),
        new("Node:Network", false, "--network", "the network file; needed once"),
        new("Link:Listen", false, "--listen", "where links are accepted; default 0.0.0.0:9301"),
        new("Link:Advertise", false, "--advertise", "the address that others reach, if it is another one"),
        new("Link:From", false, "--from", "the local address of outgoing links"),
        new("Link:Weight", false, null, "what a relay says it can carry, KiB/s"),
        new("Socks:Listen", false, "--socks", "the SOCKS port, on loopback; default 127.0.0.1:9350"),
        new("Store:Quota", true, "--quota", "all that a store's files may take; default 10GiB"),
        new("Store:Price", true, null, "hashes asked for a block and day when the store is full; 0 never asks"),
        new("Store:FreePercent", true, null, "per cent of the quota up to which the store asks nothing"),
        new("Store:Denylist", true, null, "file of hashes of what this node does not carry"),
        new("Stamps:MaxPrice", false, null, "hashes for a block and day above which a store is passed over"),
        new("Store:CompactBelow", false, null, "per cent of live blocks below which a segment is compacted"),
        new("Store:CompactRate", false, null, "bytes per second that compaction copies at most"),
        new("Store:ScrubDays", false, null, "days in which every stored block is checked once"),
        new("Store:ScrubRate", false, null, "bytes per second that a scrub reads at most"),
        new("Store:DrainRate", false, null, "bytes per second that a drain hands over at most"),
        new("Exit:Policy", false, "--exit-policy", "rules of an exit, like accept *:80, accept *:443"),
        new("Exit:Connections", false, null, "connections of an exit at once"),
        new("Keeping:Interval", false, null, "seconds between two rounds of what is kept"),
        new("Keeping:Grace", false, null, "seconds that a store may be silent until its shares count as lost"),
        new("Keeping:Damping", false, null, "per cent of a kept object's stripes repaired in one round"),
        new("Limits:Rate", true, "--rate", "bytes per second of others' traffic, each way; 0 is no limit"),
        new("Limits:Burst", true, null, "bytes that may pass at once after silence"),
        new("Limits:Volume", true, "--volume", "bytes of others' traffic in a month, both ways; 0 is no limit"),
        new("Limits:Circuits", true, null, "circuits of others at once"),
        new("Limits:Links", true, null, "links of others at once"),
        new("Limits:LinksPerAddress", true, null, "links from one address"),
        new("Limits:Memory", true, null, "memory for the cells of all circuits"),
        new("Limits:Drain", true, null, "seconds that circuits are given when the node stops"),
        new("Metrics:Listen", false, "--metrics", "Prometheus endpoint, on loopback; off by default"),
        new("Log:Level", true, null, "Debug, Information, Warning or Error"),
        new("Log:File", false, null, "whether node.log is written"),
        new(RecordName, false, "--record", "lab networks only: file of what the node saw"),
        new("Lab:ClockOffset", false, null, "lab networks only: seconds that the clock is wrong"),
    ];

    /// <summary>The setting that names the file of a recording.</summary>
    public const string RecordName = "Lab:Record";

    /// <summary>The setting with this name, in any letter case, or null.</summary>
    public static SettingKey? Find(string name) =>
        All.FirstOrDefault(key => key.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The setting that a mistyped name most likely meant, or null.</summary>
    public static SettingKey? Nearest(string name)
    {
        string last = name[(name.LastIndexOf(':') + 1)..];
        return All.FirstOrDefault(key => key.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            ?? All.FirstOrDefault(key =>
                key.Name.EndsWith(":" + last, StringComparison.OrdinalIgnoreCase)
                || (last.Length > 2 && key.Name.Contains(last, StringComparison.OrdinalIgnoreCase)));
    }
}
