using System.Text.Json;
using System.Text.Json.Nodes;
using Veil.Directory.Documents;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

/// <summary>
/// Asserts <c>spec/vectors/descriptor.json</c> and <c>consensus.json</c>. With VEIL_WRITE_VECTORS=1 it writes them
/// instead, which is for a deliberate change of the protocol only.
/// </summary>
public sealed class DirectoryVectorTests
{
    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    private static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Veil.sln")))
        {
            folder = folder.Parent;
        }

        Assert.SkipWhen(folder is null, "spec/vectors is missing: run the tests inside the source tree");
        return Path.Combine(folder!.FullName, "spec", "vectors");
    }

    private static void AssertVector(string name, JsonObject made)
    {
        var path = Path.Combine(Folder(), name);
        var text = made.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
        if (Environment.GetEnvironmentVariable("VEIL_WRITE_VECTORS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.Equal(File.ReadAllText(path), text);
    }

    [Fact]
    public void Descriptors_are_those_of_the_vector_file()
    {
        var network = DirectoryRig.Network();
        var descriptor = DirectoryRig.Descriptor(network, 1) with
        {
            Addresses = [DirectoryRig.Address("20.1.1.1:4000"), DirectoryRig.Address("[2a00::1]:4001")],
            Family = DirectoryRig.Filled(9, 9),
            Versions = [1, 2],
        };
        AssertVector("descriptor.json", new JsonObject
        {
            ["network_json"] = System.Text.Encoding.UTF8.GetString(network.ToJson()),
            ["network_id"] = $"{network.Id.Value}",
            ["identity_seed"] = "03" + "00000001" + new string('0', 54),
            ["identity"] = $"{descriptor.Identity.Value}",
            ["onion_key"] = $"{descriptor.OnionKey}",
            ["onion_key_id"] = $"{descriptor.OnionKeyId}",
            ["body"] = Hex(descriptor.EncodeBody()),
            ["descriptor"] = Hex(DirectoryRig.Sign(descriptor, 1).Span),
        });
    }

    [Fact]
    public void Consensuses_are_those_of_the_vector_file()
    {
        var network = DirectoryRig.Network();
        var away = DirectoryRig.Entry(3) with { Flags = RelayFlags.None, Weight = 0, Away = 2 };
        RelayEntry[] entries = [DirectoryRig.Entry(0, 5), DirectoryRig.Entry(1, 7), DirectoryRig.Entry(2), away];
        var (header, trees) = DirectoryRig.Unsigned(network, entries);
        var bytes = DirectoryRig.SignConsensus(header, trees.Leaves.Span, 0, 2);
        Assert.Equal(ConsensusFault.None, ConsensusDocument.TryOpen(bytes, network, out var document));
        var proof = trees.ProveStore(1);
        AssertVector("consensus.json", new JsonObject
        {
            ["network_json"] = System.Text.Encoding.UTF8.GetString(network.ToJson()),
            ["network_id"] = $"{network.Id.Value}",
            ["header"] = Hex(header),
            ["header_digest"] = $"{document!.Digest}",
            ["relays_root"] = $"{trees.Relays.Root}",
            ["stores_root"] = $"{trees.Stores.Root}",
            ["first_leaf"] = Hex(trees.Leaves.Span[..RelayEntry.Size]),
            ["store_1_leaf"] = Hex(proof.Leaf.Span),
            ["store_1_path"] = new JsonArray([.. proof.Path.Select(hash => JsonValue.Create($"{hash}"))]),
            ["consensus"] = Hex(bytes),
        });
    }
}
