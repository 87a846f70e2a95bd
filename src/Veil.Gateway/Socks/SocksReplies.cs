using System.Text;
using Veil.Wire.Exits;

namespace Veil.Gateway.Socks;

/// <summary>What the proxy says (spec/gateway.md, sections 1.1 and 1.3).</summary>
internal static class SocksReplies
{
    private const string HelpPage =
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>This is a SOCKS proxy</title></head>
        <body><h1>This is a SOCKS proxy, not a web page</h1>
        <p>Enter this address as a <strong>SOCKS5</strong> proxy in your browser's settings, with host names
        resolved by the proxy, and open <code>http://open.veil/</code>.</p>
        <p>On a command line: <code>curl --socks5-hostname ADDRESS:PORT http://open.veil/</code></p>
        </body></html>

        """;

    private static readonly byte[] HttpHelp = Encoding.ASCII.GetBytes(
        "HTTP/1.1 400 Bad Request\r\n" +
        "Content-Type: text/html; charset=utf-8\r\n" +
        $"Content-Length: {HelpPage.Length}\r\n" +
        "Content-Security-Policy: default-src 'none'\r\n" +
        "X-Content-Type-Options: nosniff\r\n" +
        "Cache-Control: no-store\r\n" +
        "Connection: close\r\n\r\n" +
        HelpPage);

    internal static ReadOnlySpan<byte> Help => HttpHelp;

    internal static ReadOnlySpan<byte> Socks4Refused => [0x00, 0x5B, 0, 0, 0, 0, 0, 0];

    internal static ReadOnlySpan<byte> CredentialTaken => [0x01, 0x00];

    internal static ReadOnlySpan<byte> CredentialMalformed => [0x01, 0x01];

    internal static ReadOnlySpan<byte> Granted => [0x05, 0x00, 0x00, 0x01, 0, 0, 0, 0, 0, 0];

    /// <summary>What an exit's answer means to the client (spec/exit.md, section 7); RFC 1928, section 6.</summary>
    internal static byte[] Of(ExitAnswer answer)
    {
        byte code = answer switch
        {
            ExitAnswer.Connected => 0x00,
            ExitAnswer.Policy => 0x02,
            ExitAnswer.NotFound or ExitAnswer.Unreachable => 0x04,
            ExitAnswer.Refused => 0x05,
            ExitAnswer.TimedOut => 0x06,
            _ => 0x01,
        };
        return [0x05, code, 0x00, 0x01, 0, 0, 0, 0, 0, 0];
    }

    /// <summary>The reply to a request that is refused; RFC 1928, section 6.</summary>
    internal static byte[] Refused(SocksRefusal reason)
    {
        byte code = reason switch
        {
            SocksRefusal.AddressLiteral or SocksRefusal.ForeignName => 0x02,
            SocksRefusal.Port => 0x05,
            SocksRefusal.Command => 0x07,
            SocksRefusal.AddressType => 0x08,
            _ => 0x01,
        };
        return [0x05, code, 0x00, 0x01, 0, 0, 0, 0, 0, 0];
    }
}
