using System.Collections.Frozen;

namespace Veil.Cli.Files;

/// <summary>
/// Files and folders that people share by mistake and cannot take back: keys, passwords, whole homes. By name only;
/// what is in a file is not looked at.
/// </summary>
internal static class SecretPlaces
{
    private static readonly FrozenSet<string> _names = new[]
    {
        ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".password-store", ".netrc", ".pgpass", ".npmrc",
        ".pypirc", ".git-credentials", ".mozilla", ".thunderbird", ".bash_history", ".zsh_history", "id_rsa",
        "id_dsa", "id_ecdsa", "id_ed25519", "shadow", "wallet.dat", "keychain", "login.keychain-db",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The first that looks like one, or null.</summary>
    /// <param name="root">What is to be shared.</param>
    /// <param name="places">Every file in it.</param>
    internal static string? Find(string root, IEnumerable<string> places)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (IsHome(full) || full == Path.GetPathRoot(full))
        {
            return full;
        }

        int above = Path.GetDirectoryName(full)?.Length ?? 0;
        return IsIn(full) is { } secret
            ? secret
            : places.FirstOrDefault(place => place[above..].Split(Path.DirectorySeparatorChar).Any(IsSecret));
    }

    // A file within a folder of secrets, named alone.
    private static string? IsIn(string path) =>
        path.Split(Path.DirectorySeparatorChar).Any(name => name.Length > 0 && _names.Contains(name)) ? path : null;

    private static bool IsHome(string path) =>
        path == Path.TrimEndingDirectorySeparator(
            System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile))
        || path is "/root" or "/home"
        || Path.GetDirectoryName(path) is "/home" or "/Users";

    private static bool IsSecret(string name) =>
        _names.Contains(name)
        || name.Equals(".env", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(".env.", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".kdbx", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".pem", StringComparison.OrdinalIgnoreCase);
}
