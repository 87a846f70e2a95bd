using System.Text.Json;

namespace Veil.Tools.Release.Bill;

/// <summary>What a packages.lock.json of NuGet (version 2) says, over all frameworks and runtimes in it.</summary>
internal sealed class LockFile
{
    private LockFile(IReadOnlyList<LockedPackage> packages, IReadOnlySet<string> direct)
    {
        Packages = packages;
        Direct = direct;
    }

    /// <summary>Every package, by id; one that is locked in two versions is there twice.</summary>
    internal IReadOnlyList<LockedPackage> Packages { get; }

    /// <summary>Ids that the project, or another project that it refers to, names itself.</summary>
    internal IReadOnlySet<string> Direct { get; }

    /// <summary>Reads a lock file's text.</summary>
    /// <exception cref="ReleaseException">It has another version, or one package with two hashes.</exception>
    internal static LockFile Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.GetProperty("version").GetInt32() != 2)
        {
            throw new ReleaseException("a lock file is not of version 2");
        }

        var packages = new SortedDictionary<(string, string), LockedPackage>();
        var direct = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var projects = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var target in document.RootElement.GetProperty("dependencies").EnumerateObject())
        {
            foreach (var entry in target.Value.EnumerateObject())
            {
                Take(entry, packages, direct, projects);
            }
        }

        direct.ExceptWith(projects);
        return new LockFile([.. packages.Values], direct);
    }

    private static void Take(
        JsonProperty entry,
        SortedDictionary<(string, string), LockedPackage> packages,
        HashSet<string> direct,
        HashSet<string> projects)
    {
        string[] named = entry.Value.TryGetProperty("dependencies", out var dependencies)
            ? [.. dependencies.EnumerateObject().Select(dependency => dependency.Name)]
            : [];
        var type = entry.Value.GetProperty("type").GetString();
        if (type == "Project")
        {
            projects.Add(entry.Name);
            direct.UnionWith(named);
            return;
        }

        if (type == "Direct")
        {
            direct.Add(entry.Name);
        }

        var version = entry.Value.GetProperty("resolved").GetString()!;
        var hash = entry.Value.GetProperty("contentHash").GetString()!;
        if (packages.TryGetValue((entry.Name, version), out var known) && known.ContentHash != hash)
        {
            throw new ReleaseException($"{entry.Name} {version} is locked with two hashes");
        }

        // A runtime's section may leave out what the framework's section says of dependencies.
        var all = named.Union(known?.Dependencies ?? []).Order(StringComparer.Ordinal).ToArray();
        packages[(entry.Name, version)] = new LockedPackage(entry.Name, version, hash, all);
    }
}
