using Veil.Content.Edge;

namespace Veil.Gateway.Socks;

/// <summary>The isolation group of a SOCKS credential (spec/gateway.md, section 1.2).</summary>
public static class SocksIsolation
{
    /// <summary>The group of connections without a credential: a browser's, and that of <c>veil open</c>.</summary>
    public static IsolationGroup WithoutCredential { get; } = new("socks");

    /// <summary>The group of one user and password, each at most 255 bytes; both empty is no credential.</summary>
    public static IsolationGroup Of(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password) =>
        user.IsEmpty && password.IsEmpty
            ? WithoutCredential
            : new IsolationGroup($"socks:{Convert.ToHexStringLower(user)}:{Convert.ToHexStringLower(password)}");
}
