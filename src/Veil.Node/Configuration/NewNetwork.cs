using System.Security.Cryptography;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Storage;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Node.Configuration;

/// <summary>
/// Makes a network: its file, and for each authority a data folder with keys and settings (spec/operating.md).
/// </summary>
public static class NewNetwork
{
    private const int SlabSlots = 512;

    /// <summary>Writes the file and the folders.</summary>
    /// <param name="folder">Empty or absent.</param>
    /// <param name="plan">What the network is.</param>
    /// <param name="secrets">Where keys come from.</param>
    /// <returns>The network.</returns>
    /// <exception cref="NodeStartException">The plan breaks a rule, and nothing was written; or the folder cannot be
    /// used.</exception>
    /// <exception cref="IOException">The folder cannot be looked into.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    public static NetworkDefinition Create(string folder, NetworkPlan plan, SecretSource secrets)
    {
        if (System.IO.Directory.Exists(folder) && System.IO.Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new NodeStartException(
                "not_empty",
                $"{folder} is not empty",
                "name a new folder: what is there, perhaps another network's keys, is not touched")
            {
                IsUsage = true,
            };
        }

        // All of it in memory first: a plan that breaks a rule leaves nothing that would stop the next attempt.
        var keys = plan.Authorities.Select(_ => KeyFile.New(authority: true, secrets)).ToList();
        try
        {
            var network = Define(plan, Authorities(plan, keys));
            Write(folder, network, keys);
            return network;
        }
        finally
        {
            keys.ForEach(static text => CryptographicOperations.ZeroMemory(text));
        }
    }

    private static List<AuthorityDefinition> Authorities(NetworkPlan plan, List<byte[]> texts)
    {
        using var slab = new KeySlab(SlabSlots);
        var authorities = new List<AuthorityDefinition>();
        foreach (var ((name, address), text) in plan.Authorities.Zip(texts))
        {
            using var keys = KeyFile.Read(text, authority: true, slab);
            authorities.Add(new AuthorityDefinition(name, keys.Relay, new Bytes32(keys.LinkKey.PublicKey), address));
        }

        return authorities;
    }

    private static NetworkDefinition Define(NetworkPlan plan, List<AuthorityDefinition> authorities)
    {
        try
        {
            return new NetworkDefinition(
                plan.Name, plan.Lab, plan.EpochSeconds, authorities, plan.Quorum ?? ((authorities.Count / 2) + 1));
        }
        catch (ArgumentException fault)
        {
            throw new NodeStartException("network", fault.Message, "see `veil network new --help`", fault)
            {
                IsUsage = true,
            };
        }
    }

    private static void Write(string folder, NetworkDefinition network, List<byte[]> keys)
    {
        try
        {
            DataFolder.Make(folder);
            foreach (var (authority, text) in network.Authorities.Zip(keys))
            {
                var paths = new DataPaths(Path.Combine(folder, authority.Name));
                DataFolder.Make(paths.Folder);
                KeyFile.Write(paths.Keys, text);
                DurableFile.Replace(paths.Network, network.ToJson());
                DurableFile.Replace(paths.Settings, SettingsFile.Write(new Dictionary<string, string>
                {
                    ["Node:Name"] = authority.Name,
                    ["Node:Roles"] = "authority",
                    ["Link:Listen"] = authority.Address.ToString(),
                }));
            }

            DurableFile.Replace(new DataPaths(folder).Network, network.ToJson());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                "unwritable", $"the network cannot be written: {fault.Message}",
                "the folder must be yours, on a disk with room that is not read-only", fault);
        }
    }
}

/// <summary>What a new network is to be.</summary>
/// <param name="Name">For people.</param>
/// <param name="Lab">Whether it is a lab network.</param>
/// <param name="EpochSeconds">Length of an epoch.</param>
/// <param name="Authorities">Their names, which become folders, and addresses.</param>
/// <param name="Quorum">Signatures that make a consensus; null for the smallest majority.</param>
public sealed record NetworkPlan(
    string Name,
    bool Lab,
    int EpochSeconds,
    IReadOnlyList<(string Name, NetworkAddress Address)> Authorities,
    int? Quorum);
