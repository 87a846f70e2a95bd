using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Veil.Tools.Release.Bill;

/// <summary>
/// The software bill of materials of a release, CycloneDX 1.6 JSON: the locked packages with their hashes and who needs
/// whom, and the packs of the SDK. What is used in building but not passed on has the scope <c>excluded</c>.
/// </summary>
internal static class BillOfMaterials
{
    private const string HashMeaning = "SHA-512 of the package's content without its signature (NuGet contentHash)";

    private static readonly JsonSerializerOptions _json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the bill. The same contents give the same bytes; the serial number is made from them.</summary>
    /// <param name="release">What is described.</param>
    /// <param name="locked">The lock file of the program, with all runtimes of the release.</param>
    /// <param name="toolchain">SDK and packs.</param>
    /// <param name="facts">What a package (id, version) says of itself.</param>
    internal static string Write(
        ReleaseFacts release, LockFile locked, Toolchain toolchain, Func<string, string, PackageFacts> facts)
    {
        var packs = toolchain.Packs.Where(pack => pack.IsShippedFor(release.Rids) || !IsPerRid(pack)).ToArray();
        var components = locked.Packages
            .Select(package => Component(package.Id, package.Version, package.ContentHash, facts, shipped: true))
            .Concat(packs.Select(pack =>
                Component(pack.Id, pack.Version, pack.ContentHash, facts, pack.IsShippedFor(release.Rids))))
            .OrderBy(component => (string)component["bom-ref"]!, StringComparer.Ordinal);
        var document = new JsonObject
        {
            ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = Metadata(release, toolchain),
            ["components"] = new JsonArray([.. components]),
            ["dependencies"] = Dependencies(release, locked, packs),
        };
        document.Insert(3, "serialNumber", SerialNumber(document.ToJsonString(_json)));
        return document.ToJsonString(_json).ReplaceLineEndings("\n") + "\n";
    }

    private static bool IsPerRid(Pack pack) =>
        pack.Id.Contains(".Runtime.", StringComparison.Ordinal) || pack.Id.Contains(".Host.", StringComparison.Ordinal);

    private static string Reference(string id, string version) => $"pkg:nuget/{id}@{version}";

    private static string Reference(ReleaseFacts release) => $"pkg:generic/veil@{release.Version}";

    private static JsonObject Metadata(ReleaseFacts release, Toolchain toolchain) => new()
    {
        ["timestamp"] = release.Time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ"),
        ["tools"] = new JsonObject
        {
            ["components"] = new JsonArray(
                new JsonObject { ["type"] = "application", ["name"] = ".NET SDK", ["version"] = toolchain.Sdk },
                new JsonObject
                {
                    ["type"] = "application",
                    ["name"] = "tools/release",
                    ["version"] = release.Version,
                }),
        },
        ["component"] = new JsonObject
        {
            ["type"] = "application",
            ["bom-ref"] = Reference(release),
            ["name"] = "veil",
            ["version"] = release.Version,
            ["licenses"] = Licences("MIT"),
            ["purl"] = Reference(release),
            ["properties"] = new JsonArray(
                Property("veil:commit", release.Commit), Property("veil:runtimes", string.Join(' ', release.Rids))),
        },
    };

    private static JsonObject Component(
        string id, string version, string hash, Func<string, string, PackageFacts> facts, bool shipped)
    {
        var said = facts(id, version);
        var component = new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = Reference(id, version),
            ["name"] = id,
            ["version"] = version,
            ["scope"] = shipped && !said.IsDevelopment ? "required" : "excluded",
            ["hashes"] = new JsonArray(new JsonObject
            {
                ["alg"] = "SHA-512",
                ["content"] = Convert.ToHexStringLower(Convert.FromBase64String(hash)),
            }),
            ["licenses"] = Licences(said.Licence),
            ["purl"] = Reference(id, version),
            ["properties"] = new JsonArray(Property("veil:hash", HashMeaning)),
        };
        if (said.Copyright.Length > 0)
        {
            component.Insert(8, "copyright", said.Copyright);
        }

        return component;
    }

    private static JsonArray Licences(string expression) => expression.Contains(' ')
        ? new JsonArray(new JsonObject { ["expression"] = expression })
        : new JsonArray(new JsonObject { ["license"] = new JsonObject { ["id"] = expression } });

    private static JsonObject Property(string name, string value) => new() { ["name"] = name, ["value"] = value };

    private static JsonArray Dependencies(ReleaseFacts release, LockFile locked, IReadOnlyList<Pack> packs)
    {
        var byId = locked.Packages.ToLookup(
            package => package.Id, package => Reference(package.Id, package.Version), StringComparer.OrdinalIgnoreCase);
        var entries = new SortedDictionary<string, IEnumerable<string>>(StringComparer.Ordinal)
        {
            [Reference(release)] = locked.Direct.SelectMany(id => byId[id])
                .Concat(packs.Select(pack => Reference(pack.Id, pack.Version))),
        };
        foreach (var package in locked.Packages)
        {
            entries[Reference(package.Id, package.Version)] = package.Dependencies.SelectMany(id => byId[id]);
        }

        foreach (var pack in packs)
        {
            entries[Reference(pack.Id, pack.Version)] = [];
        }

        return new JsonArray([.. entries.Select(entry => new JsonObject
        {
            ["ref"] = entry.Key,
            ["dependsOn"] = new JsonArray(
                [.. entry.Value.Distinct().Order(StringComparer.Ordinal).Select(name => JsonValue.Create(name))]),
        })]);
    }

    /// <summary>A UUID of version 8 (RFC 9562, section 5.8) out of the rest of the document.</summary>
    private static string SerialNumber(string text)
    {
        var bytes = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n")))[..16];
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return $"urn:uuid:{new Guid(bytes, bigEndian: true)}";
    }
}
