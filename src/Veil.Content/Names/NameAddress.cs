using System.Diagnostics.CodeAnalysis;
using Geralt;
using Veil.Content.Keys;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>
/// A name as people pass it on: 56 characters and <c>.veil</c> (spec/name.md, section 1). Whoever has it reads what its
/// owner publishes: <see cref="ToString"/> tells nothing, <see cref="Format"/> gives the text. Equal by value.
/// </summary>
public sealed record NameAddress
{
    /// <summary>What every name ends with.</summary>
    public const string Suffix = ".veil";

    /// <summary>Characters before the suffix.</summary>
    public const int LabelLength = 56;

    /// <summary>The only version.</summary>
    public const byte Version = 1;

    private const int ChecksumBytes = 2;
    private const int Bytes = Bytes32.Size + ChecksumBytes + 1;

    // The longest that may stand around a name: a link.
    private static readonly string[] _prefixes = [ContentKey.LinkPrefix, "http://"];

    private NameAddress(Bytes32 key) => Key = key;

    /// <summary>The owner's Ed25519 public key.</summary>
    public Bytes32 Key { get; }

    /// <summary>The name of a public key.</summary>
    /// <exception cref="ArgumentException">The bytes are no key.</exception>
    public static NameAddress Of(Bytes32 key) => NameBlinding.IsKey(key)
        ? new NameAddress(key)
        : throw new ArgumentException("these bytes are no public key", nameof(key));

    /// <summary>The name of bytes that may be a public key; false where they are none.</summary>
    public static bool TryOf(Bytes32 key, [NotNullWhen(true)] out NameAddress? address)
    {
        address = NameBlinding.IsKey(key) ? new NameAddress(key) : null;
        return address is not null;
    }

    /// <summary>Whether a text is meant to be a name rather than a content key; it may still be mistyped.</summary>
    public static bool IsMeant(ReadOnlySpan<char> text) =>
        !Strip(text).StartsWith(ContentKey.Prefix, StringComparison.Ordinal)
        && Strip(text).EndsWith(Suffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a name or a link to one; white space around it, and letters' case, do not count.</summary>
    /// <param name="text">Anything a person pasted.</param>
    /// <param name="address">The name, where true.</param>
    /// <param name="error">What is wrong, where false.</param>
    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out NameAddress? address, out NameAddressError error)
    {
        address = null;
        var host = Strip(text).ToString().ToLowerInvariant();
        if (!host.EndsWith(Suffix, StringComparison.Ordinal))
        {
            error = new(NameAddressFault.MissingSuffix, $"a name ends with \"{Suffix}\"");
            return false;
        }

        return TryParseLabel(host.AsSpan()[..^Suffix.Length], out address, out error);
    }

    /// <summary>Reads the 56 characters, in lower case.</summary>
    public static bool TryParseLabel(
        ReadOnlySpan<char> label, [NotNullWhen(true)] out NameAddress? address, out NameAddressError error)
    {
        address = null;
        if (Base32.IndexOfForeign(label, Base32Case.Lower) is >= 0 and var foreign)
        {
            error = new(
                NameAddressFault.ForeignCharacter,
                $"the character at position {foreign + 1} is none that a name contains");
            return false;
        }

        Span<byte> bytes = stackalloc byte[Bytes];
        if (label.Length != LabelLength || !Base32.TryDecode(label, Base32Case.Lower, bytes))
        {
            error = new(
                NameAddressFault.WrongLength, $"a name has {LabelLength} characters before \"{Suffix}\"");
            return false;
        }

        var key = new Bytes32(bytes[..Bytes32.Size]);
        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        WriteChecksum(key, bytes[^1], checksum);
        if (!checksum.SequenceEqual(bytes[Bytes32.Size..^1]))
        {
            error = new(NameAddressFault.Mistyped, "the name is mistyped: its checksum does not agree");
            return false;
        }

        if (bytes[^1] != Version || !NameBlinding.IsKey(key))
        {
            error = bytes[^1] != Version
                ? new(NameAddressFault.WrongVersion, $"the name is of version {bytes[^1]}, and this is {Version}")
                : new(NameAddressFault.NoKey, "the name holds no public key");
            return false;
        }

        address = new NameAddress(key);
        error = default;
        return true;
    }

    /// <summary>The host name: 56 characters and <c>.veil</c>.</summary>
    public string Format()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Key.AsSpan().CopyTo(bytes);
        WriteChecksum(Key, Version, bytes[Bytes32.Size..^1]);
        bytes[^1] = Version;
        return Base32.Encode(bytes, Base32Case.Lower) + Suffix;
    }

    /// <summary>Tells nothing: see <see cref="Format"/>.</summary>
    public override string ToString() => nameof(NameAddress);

    private static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        foreach (var prefix in _prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                text = text[prefix.Length..];
                break;
            }
        }

        return text.TrimEnd('/');
    }

    private static void WriteChecksum(Bytes32 key, byte version, Span<byte> checksum)
    {
        var domain = "veil name v1"u8;
        Span<byte> input = stackalloc byte[domain.Length + Bytes32.Size + 1];
        domain.CopyTo(input);
        key.AsSpan().CopyTo(input[domain.Length..]);
        input[^1] = version;
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, input);
        digest.AsSpan()[..ChecksumBytes].CopyTo(checksum);
    }
}

/// <summary>What is wrong with the text of a name (spec/name.md, section 1).</summary>
public enum NameAddressFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It does not end with <c>.veil</c>.</summary>
    MissingSuffix,

    /// <summary>A character outside the alphabet.</summary>
    ForeignCharacter,

    /// <summary>Not 56 characters.</summary>
    WrongLength,

    /// <summary>The checksum does not agree.</summary>
    Mistyped,

    /// <summary>The checksum agrees, the version is another one.</summary>
    WrongVersion,

    /// <summary>The checksum agrees, and the bytes are no public key.</summary>
    NoKey,
}

/// <summary>What is wrong, and for a person; without any part of the name.</summary>
public readonly record struct NameAddressError(NameAddressFault Fault, string Message);
