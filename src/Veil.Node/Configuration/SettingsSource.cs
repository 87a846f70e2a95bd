using System.Collections;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Veil.Storage;
using Veil.Wire.Documents;

namespace Veil.Node.Configuration;

/// <summary>
/// Where a node's settings come from: veil.json, then the environment, then flags (spec/operating.md, section 2).
/// </summary>
/// <param name="paths">The data folder.</param>
/// <param name="flags">Settings that flags gave, as <c>Section:Key</c>.</param>
public sealed class SettingsSource(DataPaths paths, IReadOnlyDictionary<string, string> flags)
{
    /// <summary>Code of a change that would change nothing.</summary>
    internal const string Overridden = "overridden";

    private const string VariablePrefix = "VEIL_";
    private const string VariableSeparator = "__";
    private const int MaxFileBytes = 64 * 1024;

    private NetworkDefinition? _network;

    /// <summary>The network, after <see cref="Load"/>.</summary>
    public NetworkDefinition Network => _network ?? throw new InvalidOperationException("nothing is loaded yet");

    /// <summary>The values as they are in force, before defaults.</summary>
    public IReadOnlyDictionary<string, string> Current { get; private set; } = new Dictionary<string, string>();

    /// <summary>Reads everything.</summary>
    /// <exception cref="NodeStartException">A file cannot be read, or something is wrong; all mistakes are
    /// named.</exception>
    public NodeConfiguration Load()
    {
        var source = Read(FileSettings());
        _network ??= LoadNetwork(source["Node:Network"]?.Trim() is { Length: > 0 } file ? file : null);
        var configuration = Parse(source);
        Current = ValuesOf(source);
        return configuration;
    }

    /// <summary>Changes one setting in veil.json, unless that would be a mistake.</summary>
    /// <param name="setting"><c>Section:Key</c>.</param>
    /// <param name="value">The new value; null takes it out of the file.</param>
    /// <returns>What is in force from now on.</returns>
    /// <exception cref="NodeStartException">There is no such setting, the value is wrong, or a flag or variable wins
    /// over the file (code <see cref="Overridden"/>): nothing was changed.</exception>
    public NodeConfiguration Change(string setting, string? value)
    {
        var key = SettingKey.Find(setting) ?? throw Mistakes(
            [new SettingProblem(setting, "there is no such setting"
                + (SettingKey.Nearest(setting) is { } near ? $"; did you mean {near.Name}?" : ""))]);
        var settings = FileSettings();
        settings.Remove(key.Name);
        if (value is not null)
        {
            settings.Add(key.Name, value);
        }

        // What wins over the file would hide a new value, even one that is wrong, until the first start without it.
        var source = Read(settings);
        if (source[key.Name] != value)
        {
            throw OverriddenBy(key);
        }

        var configuration = Parse(source);
        DurableFile.Replace(paths.Settings, SettingsFile.Write(settings));
        Current = ValuesOf(source);
        return configuration;
    }

    private NodeStartException OverriddenBy(SettingKey key)
    {
        bool isFlag = flags.Keys.Any(name => name.Equals(key.Name, StringComparison.OrdinalIgnoreCase));
        string variable = VariablePrefix + key.Name.Replace(":", VariableSeparator, StringComparison.Ordinal);
        string winner = isFlag
            ? $"a flag of `veil run`, {(key.Flag is { } flag ? $"{flag} or --set" : "--set")}"
            : $"the variable {variable} of the environment";
        return new NodeStartException(
            Overridden,
            $"{key.Name} is set by {winner}, which wins over veil.json; nothing was changed",
            $"start the node without it, then `veil set {key.Name}=VALUE` holds; or start it with another value there");
    }

    private NodeConfiguration Parse(IConfiguration source)
    {
        var (configuration, problems) = new SettingsParser(source, Network, paths).Parse();
        return configuration ?? throw Mistakes(problems);
    }

    private static Dictionary<string, string> ValuesOf(IConfiguration source) => source.AsEnumerable()
        .Where(pair => pair.Value is not null)
        .ToDictionary(
            pair => SettingKey.Find(pair.Key)!.Name,
            pair => pair.Value!,
            StringComparer.OrdinalIgnoreCase);

    private static NodeStartException Mistakes(IReadOnlyList<SettingProblem> problems) => new(
        "settings",
        problems.Count == 1
            ? $"a setting is wrong: {problems[0]}"
            : $"{problems.Count} settings are wrong:\n" + string.Join('\n', problems.Select(problem => $"  {problem}")),
        "correct veil.json, the VEIL_Section__Key variables or the flags; `veil run --help` lists the flags")
    {
        IsUsage = true,
    };

    private IConfiguration Read(IReadOnlyDictionary<string, string> file) => new ConfigurationBuilder()
        .AddInMemoryCollection(file!)
        .AddInMemoryCollection(Variables()!)
        .AddInMemoryCollection(flags!)
        .Build();

    // VEIL_DATA and others without a section are no settings.
    private static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .Select(entry => (Name: (string)entry.Key, Value: entry.Value as string ?? ""))
        .Where(entry => entry.Name.StartsWith(VariablePrefix, StringComparison.OrdinalIgnoreCase)
            && entry.Name.Contains(VariableSeparator, StringComparison.Ordinal))
        .DistinctBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase)
        .ToDictionary(
            entry => entry.Name[VariablePrefix.Length..].Replace(VariableSeparator, ":", StringComparison.Ordinal),
            entry => entry.Value,
            StringComparer.OrdinalIgnoreCase);

    private Dictionary<string, string> FileSettings()
    {
        try
        {
            return File.Exists(paths.Settings)
                ? SettingsFile.Read(ReadSmall(paths.Settings))
                : new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        }
        catch (JsonException fault)
        {
            throw new NodeStartException(
                "settings",
                $"{paths.Settings} cannot be read: {fault.Message}",
                "it must be a JSON object of sections, like { \"Link\": { \"Listen\": \"0.0.0.0:9301\" } }",
                fault)
            {
                IsUsage = true,
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(paths.Settings, fault);
        }
    }

    /// <summary>The network of the folder, which the first run with a network file settles.</summary>
    private NetworkDefinition LoadNetwork(string? named)
    {
        var own = File.Exists(paths.Network) ? ReadNetwork(paths.Network) : null;
        if (named is null)
        {
            return own ?? throw new NodeStartException(
                "no_network",
                "this node does not know its network yet",
                "name the network file once: veil run --network network.json")
            {
                IsUsage = true,
            };
        }

        var given = ReadNetwork(Path.GetFullPath(named));
        if (own is null)
        {
            KeepNetwork(given);
            return given;
        }

        return own.Id == given.Id ? own : throw new NodeStartException(
            "other_network",
            $"{named} is not the network that {paths.Folder} belongs to (\"{own.Name}\"): "
                + (own.Name == given.Name ? "its authorities, epoch or lab mark differ" : $"it is \"{given.Name}\""),
            "give the other network a folder of its own with --data; if the network itself was made anew, start "
                + "with an empty folder")
        {
            IsUsage = true,
        };
    }

    private void KeepNetwork(NetworkDefinition given)
    {
        try
        {
            DurableFile.Replace(paths.Network, given.ToJson());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                "data_folder",
                $"{paths.Network} cannot be written: {fault.Message}",
                "the data folder must be yours, on a disk with room that is not read-only",
                fault);
        }
    }

    private static NetworkDefinition ReadNetwork(string path)
    {
        try
        {
            return NetworkDefinition.TryParse(ReadSmall(path), out var network, out string? error)
                ? network
                : throw new NodeStartException(
                    "network_file",
                    $"{path}: {error}",
                    "ask whoever runs the network for its network.json, or make one with `veil network new`")
                {
                    IsUsage = true,
                };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, fault);
        }
    }

    private static byte[] ReadSmall(string path)
    {
        using var file = File.OpenRead(path);

        // A device or a huge file named by mistake is not read whole.
        var bytes = new byte[MaxFileBytes + 1];
        int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count <= MaxFileBytes
            ? bytes[..count]
            : throw new IOException($"it has more than {MaxFileBytes} bytes");
    }

    private static NodeStartException Unreadable(string path, Exception fault) => new(
        "unreadable",
        $"{path} cannot be read: {fault.Message}",
        "check the path, and that you may read it",
        fault)
    {
        IsUsage = fault is FileNotFoundException or DirectoryNotFoundException,
    };
}
