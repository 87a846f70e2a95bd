using System.Buffers;
using System.Net;
using System.Text;

namespace Veil.Wire.Exits;

/// <summary>
/// A host name as it travels (spec/gateway.md, section 1.3; spec/exit.md, section 2): at most 253 bytes of labels of
/// letters, digits, hyphens and underscores, in lower case, and nothing that a resolver might take for an address.
/// </summary>
public static class HostName
{
    /// <summary>The longest name, in bytes (RFC 1035).</summary>
    public const int MaxBytes = 253;

    /// <summary>The longest label, in bytes (RFC 1035).</summary>
    public const int MaxLabelBytes = 63;

    private static readonly SearchValues<byte> _allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."u8);

    private static readonly SearchValues<char> _hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    // Answered by another network, by the local one, or by nobody (RFC 6761, RFC 6762, RFC 7686).
    private static readonly string[] _local = [".veil", ".onion", ".i2p", ".local", ".localhost", ".invalid"];

    /// <summary>Reads a name that is neither malformed nor an address.</summary>
    /// <param name="bytes">As it came.</param>
    /// <param name="name">In lower case; empty when it is none.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out string name)
    {
        name = string.Empty;
        if (!IsWellFormed(bytes))
        {
            return false;
        }

        string text = Encoding.ASCII.GetString(bytes).ToLowerInvariant();
        if (IsAddress(text))
        {
            return false;
        }

        name = text;
        return true;
    }

    /// <summary>Whether bytes are labels with dots between, of the right lengths.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.Length > MaxBytes || bytes.ContainsAnyExcept(_allowed))
        {
            return false;
        }

        foreach (Range label in bytes.Split((byte)'.'))
        {
            int length = bytes[label].Length;
            if (length is 0 or > MaxLabelBytes)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether it is an IP address, bare or in brackets, or something that resolvers take for one: 1.2.3,
    /// 0x7f000001.</summary>
    public static bool IsAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        return IPAddress.TryParse(bare, out _) || IsNumber(text.AsSpan(text.LastIndexOf('.') + 1));
    }

    /// <summary>Whether the name is none of the internet's: it must never be looked up there (spec/exit.md, section
    /// 5).</summary>
    public static bool IsSpecial(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return !name.Contains('.', StringComparison.Ordinal)
            || Array.Exists(_local, suffix => name.EndsWith(suffix, StringComparison.Ordinal));
    }

    private static bool IsNumber(ReadOnlySpan<char> label) =>
        label.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? !label[2..].ContainsAnyExcept(_hexDigits)
            : !label.ContainsAnyExceptInRange('0', '9');
}
