using System.Diagnostics.CodeAnalysis;
using Geralt;
using Veil.Content.Eris;
using Veil.Wire;

namespace Veil.Content.Keys;

/// <summary>
/// The read capability of a manifest as people pass it on: <c>veil:</c> and 112 characters (spec/content-key.md).
/// Secret: <see cref="ToString"/> tells nothing, <see cref="Format"/> gives the text. Equal by value.
/// </summary>
public sealed record ContentKey
{
    /// <summary>What every key begins with.</summary>
    public const string Prefix = "veil:";

    /// <summary>What a link has before the key.</summary>
    public const string LinkPrefix = "http://open.veil/#";

    /// <summary>Characters after the prefix.</summary>
    public const int TextLength = 112;

    private const int ChecksumBytes = 4;
    private const int Bytes = ReadCapability.Bytes + ChecksumBytes;

    /// <summary>Names the object behind <paramref name="capability"/>.</summary>
    /// <exception cref="ArgumentException">Its blocks are not of 32 KiB.</exception>
    public ContentKey(ReadCapability capability)
    {
        ArgumentNullException.ThrowIfNull(capability);
        if (capability.BlockBytes != ErisLayout.BlockBytes)
        {
            throw new ArgumentException("a content key is over blocks of 32 KiB", nameof(capability));
        }

        Capability = capability;
    }

    /// <summary>The manifest's read capability.</summary>
    public ReadCapability Capability { get; }

    /// <summary>Reads a key or a link to one; white space around it is not part of it.</summary>
    /// <param name="text">Anything a person pasted.</param>
    /// <param name="key">The key, where true.</param>
    /// <param name="error">What is wrong, where false.</param>
    public static bool TryParse(
        ReadOnlySpan<char> text,
        [NotNullWhen(true)] out ContentKey? key,
        out ContentKeyError error)
    {
        key = null;
        text = text.Trim();
        var body = text.StartsWith(LinkPrefix, StringComparison.Ordinal) ? text[LinkPrefix.Length..] : text;
        if (!body.StartsWith(Prefix, StringComparison.Ordinal))
        {
            error = new(ContentKeyFault.MissingPrefix, $"a content key begins with \"{Prefix}\"");
            return false;
        }

        body = body[Prefix.Length..];
        if (FindTextFault(body, text.Length - body.Length) is { } fault)
        {
            error = fault;
            return false;
        }

        Span<byte> bytes = stackalloc byte[Bytes];
        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        if (!Base32.TryDecode(body, Base32Case.Lower, bytes))
        {
            throw new InvalidOperationException("112 characters of the alphabet are 70 bytes");
        }

        WriteChecksum(bytes[..ReadCapability.Bytes], checksum);
        if (!checksum.SequenceEqual(bytes[ReadCapability.Bytes..]))
        {
            error = new(ContentKeyFault.Mistyped, "the content key is mistyped: its checksum does not agree");
            return false;
        }

        if (!ReadCapability.TryParse(bytes[..ReadCapability.Bytes], out var capability)
            || capability!.BlockBytes != ErisLayout.BlockBytes)
        {
            error = new(ContentKeyFault.WrongBlockSize, "the content key is over blocks that are not of 32 KiB");
            return false;
        }

        key = new ContentKey(capability);
        error = default;
        return true;
    }

    /// <summary>The secret itself: <c>veil:</c> and 112 characters.</summary>
    public string Format()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Capability.Write(bytes);
        WriteChecksum(bytes[..ReadCapability.Bytes], bytes[ReadCapability.Bytes..]);
        return Prefix + Base32.Encode(bytes, Base32Case.Lower);
    }

    /// <summary>The secret itself as a link for a browser that goes through Veil.</summary>
    public string FormatLink() => LinkPrefix + Format();

    /// <summary>Tells nothing: see <see cref="Format"/>.</summary>
    public override string ToString() => nameof(ContentKey);

    private static ContentKeyError? FindTextFault(ReadOnlySpan<char> body, int bodyStart)
    {
        var within = body[..Math.Min(body.Length, TextLength)];
        var foreign = Base32.IndexOfForeign(within, Base32Case.Lower);
        if (foreign >= 0)
        {
            return new(
                ContentKeyFault.ForeignCharacter,
                $"the character at position {bodyStart + foreign + 1} is none that a content key contains");
        }

        return body.Length switch
        {
            < TextLength => new(
                ContentKeyFault.WrongLength,
                $"the content key is {Count(TextLength - body.Length)} short"),
            > TextLength => new(
                ContentKeyFault.WrongLength,
                $"the content key is {Count(body.Length - TextLength)} too long"),
            _ => null,
        };
    }

    private static string Count(int characters) => characters == 1 ? "1 character" : $"{characters} characters";

    private static void WriteChecksum(ReadOnlySpan<byte> capability, Span<byte> checksum)
    {
        var label = "veil content key v1"u8;
        Span<byte> input = stackalloc byte[label.Length + ReadCapability.Bytes];
        label.CopyTo(input);
        capability.CopyTo(input[label.Length..]);
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, input);
        digest.AsSpan()[..ChecksumBytes].CopyTo(checksum);
    }
}
