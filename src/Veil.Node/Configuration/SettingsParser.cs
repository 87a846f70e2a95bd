using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Veil.Content.Keeping;
using Veil.Node.Exits;
using Veil.Node.Stores;
using Veil.Storage.Serving;
using Veil.Storage.Upkeep;
using Veil.Wire.Documents;

namespace Veil.Node.Configuration;

/// <summary>Turns settings into a <see cref="NodeConfiguration"/>, or names every mistake (spec/operating.md, section
/// 2).</summary>
internal sealed class SettingsParser(IConfiguration source, NetworkDefinition network, DataPaths paths)
{
    private const string DefaultListen = "0.0.0.0:9301";
    private const string DefaultSocks = "127.0.0.1:9350";
    private const long MinQuota = 64L << 20;
    private const long MinRate = 32L << 10;
    private const long MinMemory = 4L << 20;
    private const long MaxBytes = 1L << 50;

    private readonly SettingValues _values = new(source);

    /// <summary>Reads all.</summary>
    internal (NodeConfiguration? Configuration, IReadOnlyList<SettingProblem> Problems) Parse()
    {
        foreach (string unknown in UnknownSettings())
        {
            string nearest = SettingKey.Nearest(unknown) is { } key ? $"; did you mean {key.Name}?" : "";
            _values.Fault(unknown, "there is no such setting" + nearest);
        }

        var roles = Roles();
        var configuration = new NodeConfiguration
        {
            Name = Name(),
            Roles = roles,
            Network = network,
            Listen = _values.EndPoint("Link:Listen", DefaultListen, anyPort: network.Lab) ?? Placeholder,
            Advertise = _values.Advertised("Link:Advertise"),
            From = _values.Address("Link:From"),
            Weight = (uint)_values.Number("Link:Weight", 10_240, 1, 100_000_000),
            Socks = _values.Loopback("Socks:Listen", DefaultSocks, "who could see and use what you "
                + "browse") ?? Placeholder,
            Tariff = new StampTariff
            {
                FullPrice = (uint)_values.Number("Store:Price", 1024, 0, StampTariff.MaxPrice),
                FreePercent = (int)_values.Number("Store:FreePercent", 50, 0, 100),
            },
            MaxPrice = (uint)_values.Number("Stamps:MaxPrice", 4096, 0, StampTariff.MaxPrice),
            Quota = _values.Size("Store:Quota", 10L << 30, MinQuota, MaxBytes),
            CompactBelow = (int)_values.Number("Store:CompactBelow", 75, 0, 99),
            Upkeep = Upkeep(),
            Drain = new DrainOptions
            {
                Rate = _values.Size("Store:DrainRate", 4L << 20, MinRate, MaxBytes),
                PauseBetweenPasses = network.Lab ? TimeSpan.FromSeconds(10) : TimeSpan.FromMinutes(10),
            },
            Denylist = DenylistPath(),
            Exit = Exit(roles),
            Keeping = Keeping(),
            Bounds = Bounds(),
            Metrics = _values.Loopback("Metrics:Listen", null, "who could count your traffic"),
            LogLevel = Level(),
            LogFile = _values.Switch("Log:File", true),
            Record = Lab(SettingKey.RecordName, _values.Text(SettingKey.RecordName)) is { } record
                ? Path.GetFullPath(record)
                : null,
            ClockOffset = TimeSpan.FromSeconds(
                Lab("Lab:ClockOffset", _values.Text("Lab:ClockOffset")) is null
                    ? 0
                    : _values.Number("Lab:ClockOffset", 0, -1_000_000_000, 1_000_000_000)),
        };
        if (configuration.AcceptsLinks)
        {
            CheckReachable(configuration);
        }

        return _values.Problems.Count == 0 ? (configuration, []) : (null, _values.Problems);
    }

    private static IPEndPoint Placeholder => new(IPAddress.Loopback, 0);

    private IEnumerable<string> UnknownSettings() =>
        from section in source.GetChildren()
        from path in Named(section)
        where SettingKey.Find(path) is null
        select path;

    // A section may have a value besides its settings: --set Link=5.
    private static IEnumerable<string> Named(IConfigurationSection section)
    {
        var inner = section.GetChildren().SelectMany(Named).ToList();
        return section.Value is not null || inner.Count == 0 ? [section.Path, .. inner] : inner;
    }

    private string Name()
    {
        string? name = _values.Text("Node:Name");
        if (name is null)
        {
            return Path.GetFileName(Path.TrimEndingDirectorySeparator(paths.Folder)) is { Length: > 0 and <= 64 } folder
                ? folder
                : "node";
        }

        if (name.Length > 64 || name.Any(character => character is < ' ' or > '~'))
        {
            _values.Fault("Node:Name", "needs 1 to 64 printable ASCII characters");
        }

        return name;
    }

    private string DenylistPath()
    {
        if (_values.Text("Store:Denylist") is not { } text)
        {
            return paths.Denylist;
        }

        string path = Path.GetFullPath(text, paths.Folder);
        if (path != paths.Denylist && !File.Exists(path))
        {
            _values.Fault("Store:Denylist", "there is no such file: make it, empty if nothing is denied");
        }

        return path;
    }

    private NodeRoles Roles()
    {
        string? text = _values.Text("Node:Roles");
        if (text is null)
        {
            return NodeRoles.Gateway;
        }

        var roles = NodeRoles.None;
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // A number would parse, too.
            if (char.IsLetter(word[0]) && Enum.TryParse<NodeRoles>(word, ignoreCase: true, out var role)
                && role != NodeRoles.None)
            {
                roles |= role;
            }
            else
            {
                _values.Fault("Node:Roles", $"\"{word}\" is no role: authority, relay, store, exit or gateway, with "
                    + $"commas between");
            }
        }

        return (roles & (NodeRoles.Store | NodeRoles.Exit)) != 0 ? roles | NodeRoles.Relay : roles;
    }

    private ExitOptions Exit(NodeRoles roles)
    {
        if (!ExitPolicy.TryParse(_values.Text("Exit:Policy") ?? "", out var policy, out string? error))
        {
            _values.Fault("Exit:Policy", error);
        }
        else if (roles.HasFlag(NodeRoles.Exit) && !policy.IsOpen)
        {
            _values.Fault("Exit:Policy", "accepts nothing, and an exit is there to accept: like accept *:80, "
                + "accept *:443");
        }

        return new ExitOptions
        {
            Policy = policy ?? ExitPolicy.Empty,
            MaxConnections = (int)_values.Number("Exit:Connections", 4_096, 1, 100_000),
        };
    }

    private StoreUpkeepOptions Upkeep() => new()
    {
        CompactionRate = _values.Size("Store:CompactRate", 8L << 20, MinRate, MaxBytes),
        ScrubPeriod = TimeSpan.FromDays(_values.Number("Store:ScrubDays", 28, 1, 365)),
        ScrubRate = _values.Size("Store:ScrubRate", 4L << 20, MinRate, MaxBytes),
    };

    // A lab's epochs are seconds long, and so is the patience of whoever tries something out in one.
    private KeepingOptions Keeping()
    {
        long epoch = network.EpochSeconds;
        var (interval, grace) = network.Lab ? (Math.Max(10, 6 * epoch), Math.Max(20, 12 * epoch)) : (86_400, 129_600);
        return new KeepingOptions
        {
            Interval = TimeSpan.FromSeconds(
                _values.Number("Keeping:Interval", interval, network.Lab ? 1 : 3_600, 604_800)),
            Grace = TimeSpan.FromSeconds(
                _values.Number("Keeping:Grace", grace, network.Lab ? 1 : 21_600, 2_592_000)),
            Damping = _values.Number("Keeping:Damping", 25, 1, 100) / 100.0,
        };
    }

    private NodeBounds Bounds()
    {
        long rate = _values.Size("Limits:Rate", 0, 0, MaxBytes);
        if (rate is > 0 and < MinRate)
        {
            _values.Fault("Limits:Rate", $"{ByteSize.Format(rate)} a second is too little to be of use: at least "
                + $"32 KiB, or 0 for no limit");
        }

        return new NodeBounds(
            rate,
            _values.Size("Limits:Burst", Math.Max(rate, MinRate), MinRate, MaxBytes),
            _values.Size("Limits:Volume", 0, 0, MaxBytes),
            (int)_values.Number("Limits:Circuits", 32_768, 1, 1_000_000),
            (int)_values.Number("Limits:Links", 4_096, 1, 100_000),
            (int)_values.Number("Limits:LinksPerAddress", network.Lab ? 100_000 : 64, 1, 100_000),
            _values.Size("Limits:Memory", 256L << 20, MinMemory, MaxBytes),
            TimeSpan.FromSeconds(_values.Number("Limits:Drain", 20, 0, 600)));
    }

    private LogLevel Level()
    {
        string text = _values.Text("Log:Level") ?? nameof(LogLevel.Information);
        if (char.IsLetter(text[0]) && Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level)
            && level is >= LogLevel.Debug and <= LogLevel.Error)
        {
            return level;
        }

        _values.Fault("Log:Level", $"\"{text}\" is no level: Debug, Information, Warning or Error");
        return LogLevel.Information;
    }

    private string? Lab(string setting, string? value)
    {
        if (value is not null && !network.Lab)
        {
            _values.Fault(setting, $"is for lab networks only, and \"{network.Name}\" is none");
            return null;
        }

        return value;
    }

    private void CheckReachable(NodeConfiguration configuration)
    {
        var listen = configuration.Listen;
        bool everywhere = listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any);
        if (configuration.Advertise is null && everywhere)
        {
            _values.Fault(
                "Link:Advertise",
                $"must say which address others reach, because links are accepted on {listen}; like "
                    + $"192.0.2.1:{listen.Port}");
        }
        else if (!network.Lab && listen.Port != 0 && !(configuration.Advertise ?? new NetworkAddress(listen)).IsPublic)
        {
            string setting = configuration.Advertise is null ? "Link:Listen" : "Link:Advertise";
            _values.Fault(
                setting,
                $"{configuration.Advertise?.ToString() ?? listen.ToString()} is not a public address: others "
                    + $"could not reach this node");
        }
    }
}
