using System.Net;
using System.Net.Sockets;
using System.Text;
using Veil.Wire.Exits;

namespace Veil.Gateway.Socks;

/// <summary>
/// What may be asked of the proxy (spec/gateway.md, section 1.3): names under <c>.veil</c>, on port 80, and where there
/// are exits, names and addresses outside. Nothing is looked up to decide it.
/// </summary>
public static class TargetRules
{
    /// <summary>The only port that sites answer on.</summary>
    public const int SitePort = 80;

    private const string SiteSuffix = ".veil";

    /// <summary>Decides about a target as the client wrote it.</summary>
    /// <param name="name">The domain string of the request.</param>
    /// <param name="port">The port of the request.</param>
    /// <param name="hostName">The name in lower case, when nothing speaks against it; else empty.</param>
    /// <returns>Why not, or <see cref="SocksRefusal.None"/>.</returns>
    public static SocksRefusal Check(ReadOnlySpan<byte> name, ushort port, out string hostName)
    {
        hostName = string.Empty;
        var text = Encoding.Latin1.GetString(name).ToLowerInvariant();
        if (IPAddress.TryParse(Bare(text), out _))
        {
            return SocksRefusal.AddressLiteral;
        }

        if (!HostName.IsWellFormed(name))
        {
            return SocksRefusal.Malformed;
        }

        if (HostName.IsAddress(text))
        {
            // 1.2.3, 0x7f000001: what some resolvers take for an address.
            return SocksRefusal.AddressLiteral;
        }

        if (!text.EndsWith(SiteSuffix, StringComparison.Ordinal))
        {
            return SocksRefusal.ForeignName;
        }

        if (port != SitePort)
        {
            return SocksRefusal.Port;
        }

        hostName = text;
        return SocksRefusal.None;
    }

    /// <summary>The same in a network that has exits (spec/exit.md): what is no site's goes to an exit.</summary>
    /// <param name="name">The domain string of the request.</param>
    /// <param name="port">The port of the request.</param>
    /// <param name="hostName">A site's name, else empty.</param>
    /// <param name="exit">Where an exit is to go, else null.</param>
    public static SocksRefusal CheckWithExits(
        ReadOnlySpan<byte> name, ushort port, out string hostName, out ExitTarget? exit)
    {
        exit = null;
        var refusal = Check(name, port, out hostName);
        if (refusal is not (SocksRefusal.ForeignName or SocksRefusal.AddressLiteral) || port == 0)
        {
            return refusal == SocksRefusal.None || port != 0 ? refusal : SocksRefusal.Port;
        }

        var text = Encoding.Latin1.GetString(name).ToLowerInvariant();
        if (IPAddress.TryParse(Bare(text), out var address) && IsInFull(address, text))
        {
            exit = ExitTarget.Of(address, port);
        }
        else if (refusal == SocksRefusal.ForeignName && !HostName.IsSpecial(text))
        {
            exit = ExitTarget.Of(text, port);
        }

        return exit is null ? refusal : SocksRefusal.None;
    }

    private static string Bare(string text) => text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;

    // Of 1.2.3 and 0x7f000001 programs do not agree what they mean, and a scope means something on this machine only.
    private static bool IsInFull(IPAddress address, string text) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId == 0 : address.ToString() == text;
}
