using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Veil.Wire.Documents;

/// <summary>
/// The shape of <c>network.json</c> (spec/directory.md, section 1): every field is required, no other allowed.
/// </summary>
internal sealed record NetworkFile
{
    public required string Name { get; init; }

    public required bool Lab { get; init; }

    public required int EpochSeconds { get; init; }

    public required IReadOnlyList<AuthorityFile> Authorities { get; init; }

    public required int Quorum { get; init; }

    internal static NetworkFile Of(NetworkDefinition network) => new()
    {
        Name = network.Name,
        Lab = network.Lab,
        EpochSeconds = network.EpochSeconds,
        Authorities = [.. network.Authorities.Select(AuthorityFile.Of)],
        Quorum = network.Quorum,
    };

    /// <exception cref="ArgumentException">A value breaks a rule; the message is for a person.</exception>
    internal NetworkDefinition ToDefinition()
    {
        Debug.Assert(Authorities is not null, "The JSON context refuses nulls.");
        return new NetworkDefinition(
            Name, Lab, EpochSeconds, [.. Authorities.Select(authority => authority.ToDefinition())], Quorum);
    }
}

/// <summary>One authority in <c>network.json</c>.</summary>
internal sealed record AuthorityFile
{
    public required string Name { get; init; }

    public required string Identity { get; init; }

    public required string LinkKey { get; init; }

    public required string Address { get; init; }

    internal static AuthorityFile Of(AuthorityDefinition authority) => new()
    {
        Name = authority.Name,
        Identity = authority.Identity.Value.ToString(),
        LinkKey = authority.LinkKey.ToString(),
        Address = authority.Address.ToString(),
    };

    internal AuthorityDefinition ToDefinition()
    {
        if (!NetworkAddress.TryParse(Address, out NetworkAddress address))
        {
            throw new ArgumentException($"authority {Name}: \"address\" must be an IP address and port, not {Address}");
        }

        return new AuthorityDefinition(
            Name, new RelayId(ParseKey(Identity, "identity")), ParseKey(LinkKey, "link_key"), address);
    }

    private Bytes32 ParseKey(string hex, string field)
    {
        byte[] bytes = new byte[Bytes32.Size];
        bool whole = hex.Length == 2 * Bytes32.Size
            && Convert.FromHexString(hex, bytes, out int consumed, out int written)
                == System.Buffers.OperationStatus.Done
            && consumed == hex.Length && written == Bytes32.Size;
        return whole
            ? new Bytes32(bytes)
            : throw new ArgumentException($"authority {Name}: \"{field}\" must be 64 hexadecimal digits");
    }
}
