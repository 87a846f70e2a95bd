using System.Collections.Frozen;
using Veil.Node.Configuration;

namespace Veil.Cli.Files;

/// <summary>
/// Files and folders that people share by mistake and cannot take back: keys, passwords, whole homes. By name, of
/// what links lead to as well; Veil's own key files also by how they begin, whatever they are called.
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
    /// <param name="data">The node's data folder.</param>
    /// <param name="places">Every file in it.</param>
    internal static string? Find(string root, DataPaths data, IEnumerable<string> places)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        string real = RealPath.Of(full);
        if (IsSecretRoot(full))
        {
            return full;
        }

        if (IsSecretRoot(real) || IsOfNode(real, RealPath.Of(data.Folder)))
        {
            return real;
        }

        int above = Path.GetDirectoryName(full)?.Length ?? 0;
        return places.FirstOrDefault(place =>
            place[above..].Split(Path.DirectorySeparatorChar).Any(IsSecret) || IsOwnKeys(place));
    }

    private static bool IsSecretRoot(string path) =>
        IsHome(path) || path == Path.GetPathRoot(path) || IsIn(path) || IsSecret(Path.GetFileName(path));

    // A file within a folder of secrets, named alone.
    private static bool IsIn(string path) =>
        path.Split(Path.DirectorySeparatorChar).Any(name => name.Length > 0 && _names.Contains(name));

    private static bool IsHome(string path)
    {
        string own = Path.TrimEndingDirectorySeparator(
            System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile));
        return (own.Length > 0 && (path == own || path == RealPath.Of(own)))
            || path is "/root" or "/home"
            || Path.GetDirectoryName(path) is "/home" or "/Users";
    }

    // The node's own folder, what is in it and what it is in; and any other that has a node's keys, a copy as well.
    private static bool IsOfNode(string path, string data)
    {
        if (IsWithin(path, data) || (System.IO.Directory.Exists(data) && IsWithin(data, path)))
        {
            return true;
        }

        for (string? folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (OwnSecrets.IsDataFolder(folder))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWithin(string path, string folder) =>
        path.Equals(folder, StringComparison.OrdinalIgnoreCase)
        || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.OrdinalIgnoreCase);

    private static bool IsOwnKeys(string place)
    {
        try
        {
            return FileFacts.Of(place) is { Kind: FileKind.Regular, Length: <= OwnSecrets.MaxBytes }
                && OwnSecrets.IsKeyFile(place);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // That it cannot be read is told when it is.
            return false;
        }
    }

    private static bool IsSecret(string name) =>
        _names.Contains(name)
        || name.Equals(".env", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(".env.", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".kdbx", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".pem", StringComparison.OrdinalIgnoreCase);
}
