using System.Text.Json;

namespace Veil.Tools.Release.Bill;

/// <summary>
/// packaging/toolchain.json: what makes a release besides the locked packages. NuGet's lock files leave out the packs
/// that the SDK downloads by itself (runtime, host, reference assemblies, compiler to native code).
/// </summary>
/// <param name="Sdk">The exact version of the .NET SDK, whose compiler decides the bytes.</param>
/// <param name="Packs">The packs by id, with their hashes.</param>
internal sealed record Toolchain(string Sdk, IReadOnlyList<Pack> Packs)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Reads the file's text.</summary>
    internal static Toolchain Parse(string json) =>
        JsonSerializer.Deserialize<Toolchain>(json, _json)
        ?? throw new ReleaseException("packaging/toolchain.json is empty");

    /// <summary>Reads what a restore downloaded: the packs that its assets file lists, and their hashes.</summary>
    /// <param name="sdk">The version of the SDK that restored.</param>
    /// <param name="assets">The text of project.assets.json.</param>
    internal static Toolchain FromRestore(string sdk, string assets)
    {
        using var document = JsonDocument.Parse(assets);
        var folder = document.RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
        var packs = from framework in document.RootElement.GetProperty("project").GetProperty("frameworks")
                        .EnumerateObject()
                    where framework.Value.TryGetProperty("downloadDependencies", out _)
                    from pack in framework.Value.GetProperty("downloadDependencies").EnumerateArray()
                    let id = pack.GetProperty("name").GetString()!
                    let version = pack.GetProperty("version").GetString()!.Trim('[', ']').Split(',')[0]
                    orderby id, version
                    select new Pack(id, version, HashOf(folder, id, version));
        return new Toolchain(sdk, [.. packs]);
    }

    /// <summary>The file's text.</summary>
    internal string ToText() => JsonSerializer.Serialize(this, _json).ReplaceLineEndings("\n") + "\n";

    /// <summary>Says what differs from what was restored, or nothing.</summary>
    internal IEnumerable<string> DifferencesFrom(Toolchain restored)
    {
        if (Sdk != restored.Sdk)
        {
            yield return $"the SDK is {restored.Sdk}, not {Sdk}";
        }

        foreach (var pack in Packs.Except(restored.Packs))
        {
            yield return $"{pack.Id} {pack.Version} was not restored with the hash {pack.ContentHash[..12]}...";
        }

        foreach (var pack in restored.Packs.Except(Packs))
        {
            yield return $"{pack.Id} {pack.Version} with the hash {pack.ContentHash[..12]}... is not listed";
        }
    }

    private static string HashOf(string folder, string id, string version)
    {
        var path = Path.Combine(folder, id.ToLowerInvariant(), version, ".nupkg.metadata");
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.GetProperty("contentHash").GetString()!;
    }
}

/// <summary>One pack of the SDK.</summary>
/// <param name="Id">The package's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="ContentHash">SHA-512 of its content without the signature, base64.</param>
internal sealed record Pack(string Id, string Version, string ContentHash)
{
    /// <summary>The runtime identifier that the id ends with, if what is in the pack is shipped for it.</summary>
    /// <param name="rids">The runtime identifiers of this release.</param>
    internal bool IsShippedFor(IEnumerable<string> rids) =>
        (Id.Contains(".Runtime.", StringComparison.Ordinal) || Id.Contains(".Host.", StringComparison.Ordinal))
        && rids.Any(rid => Id.EndsWith("." + rid, StringComparison.Ordinal));
}
