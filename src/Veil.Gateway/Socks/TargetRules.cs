using System.Buffers;
using System.Net;
using System.Text;

namespace Veil.Gateway.Socks;

/// <summary>
/// What may be asked of the proxy (spec/gateway.md, section 1.3): names under <c>.veil</c>, on port 80.
/// Nothing is looked up to decide it.
/// </summary>
public static class TargetRules
{
    /// <summary>The only port that sites answer on.</summary>
    public const int SitePort = 80;

    /// <summary>The longest host name, in bytes (RFC 1035).</summary>
    public const int MaxNameBytes = 253;

    /// <summary>The longest label of a host name, in bytes (RFC 1035).</summary>
    public const int MaxLabelBytes = 63;

    private const string SiteSuffix = ".veil";

    private static readonly SearchValues<byte> HostNameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."u8);

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Decides about a target as the client wrote it.</summary>
    /// <param name="name">The domain string of the request.</param>
    /// <param name="port">The port of the request.</param>
    /// <param name="hostName">The name in lower case, when nothing speaks against it; else empty.</param>
    /// <returns>Why not, or <see cref="SocksRefusal.None"/>.</returns>
    public static SocksRefusal Check(ReadOnlySpan<byte> name, ushort port, out string hostName)
    {
        hostName = string.Empty;
        var text = Encoding.Latin1.GetString(name);
        if (IsAddress(text))
        {
            return SocksRefusal.AddressLiteral;
        }

        if (!IsHostName(name))
        {
            return SocksRefusal.Malformed;
        }

        if (IsNumber(text.AsSpan(text.LastIndexOf('.') + 1)))
        {
            // 1.2.3, 0x7f000001: what some resolvers take for an address.
            return SocksRefusal.AddressLiteral;
        }

        text = text.ToLowerInvariant();
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

    private static bool IsAddress(string text)
    {
        var bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        return IPAddress.TryParse(bare, out _);
    }

    private static bool IsNumber(ReadOnlySpan<char> label) =>
        label.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? !label[2..].ContainsAnyExcept(HexDigits)
            : !label.ContainsAnyExceptInRange('0', '9');

    private static bool IsHostName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > MaxNameBytes || name.ContainsAnyExcept(HostNameBytes))
        {
            return false;
        }

        foreach (var label in name.Split((byte)'.'))
        {
            var length = name[label].Length;
            if (length is 0 or > MaxLabelBytes)
            {
                return false;
            }
        }

        return true;
    }
}
