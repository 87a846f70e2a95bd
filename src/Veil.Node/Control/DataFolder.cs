namespace Veil.Node.Control;

/// <summary>Which folder holds a node's files, the same for the node and for the commands that talk to it.</summary>
public static class DataFolder
{
    /// <summary>The environment variable that names it.</summary>
    public const string Variable = "VEIL_DATA";

    /// <summary>What was named, else the environment's, else the platform's usual place.</summary>
    /// <param name="named">From <c>--data</c>, or null.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <returns>An absolute path; it need not exist.</returns>
    public static string Find(string? named, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        string? folder = string.IsNullOrEmpty(named) ? environment(Variable) : named;
        return Path.GetFullPath(string.IsNullOrEmpty(folder) ? Usual() : folder);
    }

    // ~/.local/share/veil on Linux (XDG), ~/Library/Application Support/veil on macOS, %LOCALAPPDATA%\veil on Windows.
    private static string Usual() => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "veil");
}
