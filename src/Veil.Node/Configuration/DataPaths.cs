namespace Veil.Node.Configuration;

/// <summary>Names of what lies in a data folder (spec/operating.md, section 1).</summary>
/// <param name="Folder">The folder's full path.</param>
public sealed record DataPaths(string Folder)
{
    /// <summary>The variable of the environment that names the folder.</summary>
    public const string Variable = "VEIL_DATA";

    /// <summary>Settings.</summary>
    public string Settings => In("veil.json");

    /// <summary>The network that the folder belongs to.</summary>
    public string Network => In("network.json");

    /// <summary>Long-lived keys.</summary>
    public string Keys => In("node.keys");

    /// <summary>The newest consensus.</summary>
    public string Consensus => In("consensus");

    /// <summary>An authority's last vote (spec/state.md, section 4).</summary>
    public string Vote => In("vote");

    /// <summary>What is small and rarely written.</summary>
    public string State => In("state.db");

    /// <summary>A store's blocks.</summary>
    public string Blocks => In("blocks");

    /// <summary>A store's records of names (spec/store.md, section 9).</summary>
    public string Records => In("records");

    /// <summary>The user's keys of names (spec/name.md, section 8).</summary>
    public string NameKeys => In("names");

    /// <summary>What is remembered of names (spec/state.md, section 5).</summary>
    public string NameBook => In("namebook");

    /// <summary>Hashes of what the node does not carry.</summary>
    public string Denylist => In("denylist");

    /// <summary>Traffic of the month (spec/operating.md, section 6).</summary>
    public string Volume => In("volume");

    /// <summary>The log.</summary>
    public string Log => In("node.log");

    /// <summary>The control socket.</summary>
    public string ControlSocket => In("control.sock");

    /// <summary>Held while a process has the folder.</summary>
    public string Lock => In("lock");

    /// <summary>The files that are replaced whole.</summary>
    internal IEnumerable<string> Replaced => [Settings, Network, Keys, Consensus, Vote, NameBook, Volume, Denylist];

    /// <summary>The folder that the option, the environment or the platform names.</summary>
    /// <param name="option">The value of <c>--data</c>, or null.</param>
    public static DataPaths Choose(string? option)
    {
        string? chosen = option ?? Environment.GetEnvironmentVariable(Variable);
        return new DataPaths(Path.GetFullPath(string.IsNullOrEmpty(chosen) ? Usual() : chosen));
    }

    private static string Usual()
    {
        // On Linux LocalApplicationData is XDG_DATA_HOME or ~/.local/share; on macOS it is Application Support.
        string home = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify);
        string name = OperatingSystem.IsLinux() ? "veil" : "Veil";
        return home.Length == 0 ? name : Path.Combine(home, name);
    }

    private string In(string name) => Path.Combine(Folder, name);
}
