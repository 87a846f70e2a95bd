using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;
using System.Text.Json;
using Geralt;

namespace Veil.Wire.Documents;

/// <summary>
/// Who belongs together: the content of <c>network.json</c>, the one file that a newcomer needs (spec/directory.md,
/// section 1). Its digest, the network id, covers every field and goes into every handshake's prologue.
/// </summary>
public sealed class NetworkDefinition
{
    private const string Domain = "veil network v1";

    /// <summary>Checks the values and computes the id.</summary>
    /// <exception cref="ArgumentException">A value breaks a rule of section 1; the message is for a person.</exception>
    public NetworkDefinition(
        string name, bool lab, int epochSeconds, IReadOnlyList<AuthorityDefinition> authorities, int quorum)
    {
        Name = name;
        Lab = lab;
        EpochSeconds = epochSeconds;
        Authorities = authorities;
        Quorum = quorum;
        if (FindFault() is { } fault)
        {
            throw new ArgumentException(fault);
        }

        Id = ComputeId();
    }

    /// <summary>BLAKE2b-256 over the canonical CBOR of all the other fields.</summary>
    public NetworkId Id { get; }

    /// <summary>A name for people, 1 to 64 printable ASCII characters.</summary>
    public string Name { get; }

    /// <summary>Whether this is a lab network: loopback and private addresses, short epochs, recording.</summary>
    public bool Lab { get; }

    /// <summary>Length of an epoch, seconds: 1 to 86400, in other than lab networks at least 600.</summary>
    public int EpochSeconds { get; }

    /// <summary>1 to 16 authorities; documents refer to them by their index here.</summary>
    public IReadOnlyList<AuthorityDefinition> Authorities { get; }

    /// <summary>Signatures that make a consensus: more than half of the authorities.</summary>
    public int Quorum { get; }

    /// <summary>Reads a <c>network.json</c>; otherwise <paramref name="error"/> tells a person what is wrong.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out NetworkDefinition? network,
        [NotNullWhen(false)] out string? error)
    {
        network = null;
        if (json.Length > DocumentLimits.MaxNetworkFileBytes)
        {
            error = $"the network file has more than {DocumentLimits.MaxNetworkFileBytes} bytes";
            return false;
        }

        try
        {
            NetworkFile? file = JsonSerializer.Deserialize(json, NetworkFileContext.Default.NetworkFile);
            error = file is null ? "the network file is empty" : null;
            network = file?.ToDefinition();
            return error is null && network is not null;
        }
        catch (JsonException fault)
        {
            // Of a field that it does not know the framework tells the type that lacks it.
            error = fault.Message.Contains("could not be mapped", StringComparison.Ordinal)
                ? $"the network file has a field that this version does not know: {fault.Path}"
                : $"not a network file: {fault.Message}";
            return false;
        }
        catch (ArgumentException fault)
        {
            error = $"not a usable network file: {fault.Message}";
            return false;
        }
    }

    /// <summary>The <c>network.json</c> of this network, indented, UTF-8.</summary>
    public byte[] ToJson() =>
        JsonSerializer.SerializeToUtf8Bytes(NetworkFile.Of(this), NetworkFileContext.Default.NetworkFile);

    /// <summary>The epoch at <paramref name="time"/>: whole epochs since 1970.</summary>
    public ulong EpochAt(DateTimeOffset time) => (ulong)(time.ToUnixTimeSeconds() / EpochSeconds);

    /// <summary>When <paramref name="epoch"/> begins.</summary>
    public DateTimeOffset StartOf(ulong epoch) => DateTimeOffset.FromUnixTimeSeconds((long)epoch * EpochSeconds);

    /// <summary>The index of the authority with this identity, or −1.</summary>
    public int IndexOf(RelayId identity)
    {
        for (int index = 0; index < Authorities.Count; index++)
        {
            if (Authorities[index].Identity == identity)
            {
                return index;
            }
        }

        return -1;
    }

    private static bool IsName(string? name) => name is { Length: > 0 and <= DocumentLimits.MaxNameLength }
        && name.All(character => character is >= ' ' and <= '~');

    private string? FindFault()
    {
        if (!IsName(Name))
        {
            return "\"name\" needs 1 to 64 printable ASCII characters";
        }

        if (EpochSeconds is < 1 or > 86_400 || (!Lab && EpochSeconds < 600))
        {
            return "\"epoch_seconds\" must be 600 to 86400 (from 1 in a lab network)";
        }

        int count = Authorities.Count;
        if (count is < 1 or > DocumentLimits.MaxAuthorities)
        {
            return $"\"authorities\" needs 1 to {DocumentLimits.MaxAuthorities} entries";
        }

        if (Quorum > count || Quorum * 2 <= count)
        {
            return $"\"quorum\" must be more than half of the {count} authorities and not more than all";
        }

        return FindAuthorityFault(count);
    }

    private string? FindAuthorityFault(int count)
    {
        Debug.Assert(count == Authorities.Count, "Counted by the caller.");
        if (Authorities.DistinctBy(authority => authority.Identity).Count() != count
            || Authorities.DistinctBy(authority => authority.LinkKey).Count() != count
            || Authorities.DistinctBy(authority => authority.Name).Count() != count)
        {
            return "two authorities share a name, identity or link key";
        }

        foreach (AuthorityDefinition authority in Authorities)
        {
            if (!IsName(authority.Name) || authority.Identity == default || authority.LinkKey == default)
            {
                return "each authority needs a printable name, an identity and a link key";
            }

            if (authority.Address == default || (!Lab && !authority.Address.IsPublic))
            {
                return $"authority {authority.Name}: {authority.Address} is not a public address, "
                    + "which only a network with \"lab\": true may use";
            }
        }

        return null;
    }

    private NetworkId ComputeId()
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(6);
        writer.WriteTextString(Domain);
        writer.WriteTextString(Name);
        writer.WriteBoolean(Lab);
        writer.WriteInt32(EpochSeconds);
        writer.WriteStartArray(Authorities.Count);
        Span<byte> address = stackalloc byte[NetworkAddress.Size];
        foreach (AuthorityDefinition authority in Authorities)
        {
            authority.Address.WriteTo(address);
            writer.WriteStartArray(4);
            writer.WriteTextString(authority.Name);
            writer.WriteBytes32(authority.Identity.Value);
            writer.WriteBytes32(authority.LinkKey);
            writer.WriteByteString(address);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteInt32(Quorum);
        writer.WriteEndArray();
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, writer.Encode());
        return new NetworkId(digest);
    }
}

/// <summary>One authority of a network: its name, Ed25519 identity, X25519 link key and address.</summary>
public sealed record AuthorityDefinition(string Name, RelayId Identity, Bytes32 LinkKey, NetworkAddress Address);
