using System.Text.Json;
using Veil.Tools.Release;
using Veil.Tools.Release.Bill;
using Xunit;

namespace Veil.EndToEnd.Packaging;

/// <summary>The bill of materials says what the lock files say, no more and no less.</summary>
public sealed class BillOfMaterialsTests
{
    private static readonly ReleaseFacts _release = new(
        "1.2.3", new string('a', 40), DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        ["linux-x64", "linux-arm64", "win-x64"]);

    private static readonly LockFile _locked =
        LockFile.Parse(PackagingFiles.Read("packaging/locks/Veil.Cli.lock.json"));
    private static readonly Toolchain _toolchain = Toolchain.Parse(PackagingFiles.Read("packaging/toolchain.json"));

    [Fact]
    public void The_locks_of_a_release_hold_the_packages_of_the_everyday_locks()
    {
        var everyday = LockFile.Parse(PackagingFiles.Read("src/Veil.Cli/packages.lock.json"));

        Assert.True(
            everyday.Packages.Select(Named).SequenceEqual(_locked.Packages.Select(Named)),
            "packages changed: run tools/release --lock and commit packaging/");
        static string Named(LockedPackage package) => $"{package.Id} {package.Version} {package.ContentHash}";
    }

    [Fact]
    public void The_bill_lists_exactly_the_locked_packages_and_packs_with_their_hashes()
    {
        var expected = _locked.Packages
            .Select(package => (package.Id, package.Version, package.ContentHash))
            .Concat(_toolchain.Packs.Select(pack => (pack.Id, pack.Version, pack.ContentHash)))
            .Select(entry => $"pkg:nuget/{entry.Id}@{entry.Version} {Hex(entry.ContentHash)}");

        using var bill = JsonDocument.Parse(Write(_release));
        var listed = bill.RootElement.GetProperty("components").EnumerateArray().Select(component =>
            $"{component.GetProperty("purl").GetString()} "
            + component.GetProperty("hashes")[0].GetProperty("content").GetString());

        Assert.Equal(expected.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        static string Hex(string hash) => Convert.ToHexStringLower(Convert.FromBase64String(hash));
    }

    [Fact]
    public void Packs_of_other_runtimes_are_left_out_and_what_only_builds_is_excluded()
    {
        using var bill = JsonDocument.Parse(Write(_release with { Rids = ["win-x64"] }));
        var scopes = bill.RootElement.GetProperty("components").EnumerateArray().ToDictionary(
            component => component.GetProperty("name").GetString()!,
            component => component.GetProperty("scope").GetString());

        Assert.Equal("required", scopes["Microsoft.NETCore.App.Runtime.win-x64"]);
        Assert.Equal("required", scopes["Microsoft.NETCore.App.Host.win-x64"]);
        Assert.Equal("excluded", scopes["Microsoft.NETCore.App.Crossgen2.linux-x64"]);
        Assert.Equal("excluded", scopes["Microsoft.CodeAnalysis.BannedApiAnalyzers"]);
        Assert.DoesNotContain("Microsoft.NETCore.App.Runtime.linux-x64", scopes.Keys);
    }

    [Fact]
    public void Every_reference_has_its_component_and_every_component_is_reached_from_the_program()
    {
        using var bill = JsonDocument.Parse(Write(_release));
        var program = bill.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("bom-ref");
        var components = bill.RootElement.GetProperty("components").EnumerateArray()
            .Select(component => component.GetProperty("bom-ref").GetString()!)
            .Append(program.GetString()!)
            .ToArray();
        var graph = bill.RootElement.GetProperty("dependencies").EnumerateArray().ToDictionary(
            entry => entry.GetProperty("ref").GetString()!,
            entry => entry.GetProperty("dependsOn").EnumerateArray().Select(name => name.GetString()!).ToArray());

        var reached = new HashSet<string>();
        var ahead = new Stack<string>([program.GetString()!]);
        while (ahead.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                Array.ForEach(graph[next], ahead.Push);
            }
        }

        Assert.Equal(components.Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));
        Assert.Contains("pkg:nuget/libsodium@", string.Concat(graph.Single(e => e.Key.Contains("/Geralt@")).Value));
        Assert.DoesNotContain(graph[program.GetString()!], name => name.Contains("/Spectre.Console.Ansi@"));
    }

    [Fact]
    public void The_same_release_gives_the_same_bill_and_another_release_another_serial_number()
    {
        string bill = Write(_release);

        Assert.Equal(bill, Write(_release));
        Assert.Contains("\"timestamp\": \"2023-11-14T22:13:20Z\"", bill);
        Assert.NotEqual(Serial(bill), Serial(Write(_release with { Commit = new string('b', 40) })));
        static string Serial(string text) =>
            JsonDocument.Parse(text).RootElement.GetProperty("serialNumber").GetString()!;
    }

    [Fact]
    public void Other_packs_or_another_SDK_are_named_one_by_one()
    {
        var other = _toolchain with
        {
            Sdk = "10.0.999",
            Packs = [.. _toolchain.Packs.Skip(1), _toolchain.Packs[0] with { ContentHash = new string('A', 88) }],
        };

        Assert.Empty(_toolchain.DifferencesFrom(_toolchain with { Packs = [.. _toolchain.Packs] }));
        Assert.Equal(3, _toolchain.DifferencesFrom(other).Count());
    }

    private static string Write(ReleaseFacts release) =>
        BillOfMaterials.Write(release, _locked, _toolchain, static (id, _) => new PackageFacts(
            "MIT", "its owners", id == "Microsoft.CodeAnalysis.BannedApiAnalyzers", []));
}
